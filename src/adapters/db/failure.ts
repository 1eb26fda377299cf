import { AppError } from "../../errors.ts";

// Drivers' messages hold parameter values, and the connection string when it is malformed: only the SQLSTATE travels on.
// A single query fails with the driver's error as `cause`, a batch with the driver's error itself.
function sqlState(thrown: unknown): string | undefined {
  for (let at: unknown = thrown; at instanceof Error; at = at.cause) {
    const code = (at as { code?: unknown }).code;
    if (typeof code === "string" && /^[0-9A-Z]{5}$/.test(code)) return code;
  }
  return undefined;
}

/** What a failed statement means to us; without a SQLSTATE the database could not be asked at all. */
export function toDatabaseError(thrown: unknown): AppError {
  if (thrown instanceof AppError) return thrown;
  const state = sqlState(thrown);
  switch (state) {
    case "MH001":
      return new AppError("lease.lost", "Otro proceso tomó esta cuenta.", { note: state });
    case "MH002":
      return new AppError("sale.over_refunded", "No se puede devolver más de lo que se cobró.", { note: state });
    case "23505":
    case "23503":
      return new AppError("database.conflict", "El cambio choca con datos que ya existen.", { note: state });
    case "42501":
      // A wall of the database has held against us: the note in the log is an alarm (README).
      return new AppError("role.forbidden", "No tenés permiso para esto.", { note: state });
    case "22P02":
    case "22P05":
    case "22021":
    case "22003":
    case "22007":
    case "22008":
    case "23514":
      return new AppError("request.invalid", "Hay un valor fuera de lo permitido.", { note: state });
    default: {
      const isOurs = state !== undefined && !/^(08|28|40|53|57|58|XX)/.test(state);
      return isOurs
        ? new AppError("internal.unexpected", "Algo salió mal de nuestro lado.", { note: state })
        : new AppError("database.unavailable", "La base de datos no responde. Probá de nuevo en unos minutos.", {
            note: state,
          });
    }
  }
}
