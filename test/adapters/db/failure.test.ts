// What a driver throws, as we tell it: a code, a SQLSTATE, and none of the driver's words.
import { expect, it, test } from "vitest";
import { toDatabaseError } from "../../../src/adapters/db/failure.ts";
import { AppError } from "../../../src/errors.ts";

const SECRET = "secret";
const thrown = (code: unknown) => Object.assign(new Error(`Key (token)=(${SECRET})`), { code });

const UNAVAILABLE = ["database.unavailable", "La base de datos no responde. Probá de nuevo en unos minutos."] as const;
const CONFLICT = ["database.conflict", "El cambio choca con datos que ya existen."] as const;
const INVALID = ["request.invalid", "Hay un valor fuera de lo permitido."] as const;
const OURS = ["internal.unexpected", "Algo salió mal de nuestro lado."] as const;

test.each([
  ["MH001", "lease.lost", "Otro proceso tomó esta cuenta."],
  ["MH002", "sale.over_refunded", "No se puede devolver más de lo que se cobró."],
  ["23505", ...CONFLICT],
  ["23503", ...CONFLICT],
  ["42501", "role.forbidden", "No tenés permiso para esto."],
  ["22P02", ...INVALID],
  ["22P05", ...INVALID],
  ["22021", ...INVALID],
  ["22003", ...INVALID],
  ["22007", ...INVALID],
  ["22008", ...INVALID],
  ["23514", ...INVALID],
  ["42P01", ...OURS],
  ["22012", ...OURS],
  ["P0001", ...OURS],
  ["99008", ...OURS],
  ["08006", ...UNAVAILABLE],
  ["28P01", ...UNAVAILABLE],
  ["40001", ...UNAVAILABLE],
  ["53300", ...UNAVAILABLE],
  ["57014", ...UNAVAILABLE],
  ["58030", ...UNAVAILABLE],
  ["XX000", ...UNAVAILABLE],
])("SQLSTATE %s is %s", (state, code, message) => {
  for (const error of [thrown(state), new Error(SECRET, { cause: thrown(state) })]) {
    const told = toDatabaseError(error);
    expect([told.code, told.message, told.note, told.cause, told.details]).toEqual([
      code,
      message,
      state,
      undefined,
      {},
    ]);
  }
});

test.each([
  ["no code", new Error(SECRET)],
  ["a code of the network", thrown("ECONNRESET")],
  ["a code that holds a SQLSTATE", thrown("x23505")],
  ["a code that goes on", thrown("23505x")],
  ["small letters", thrown("mh001")],
  ["a number", thrown(23505)],
  ["no error at all", { code: "23505" }],
  ["nothing", undefined],
])("%s: the database could not be asked", (_, what) => {
  const told = toDatabaseError(what);
  expect([told.code, told.message, told.note]).toEqual([...UNAVAILABLE, undefined]);
  expect(JSON.stringify(told)).not.toContain(SECRET);
});

it("the nearest SQLSTATE counts", () => {
  expect(toDatabaseError(Object.assign(thrown("23505"), { cause: thrown("08006") })).code).toBe("database.conflict");
});

it("what is ours already stays what it is", () => {
  const ours = new AppError("lease.held", "Ocupado.");
  expect(toDatabaseError(ours)).toBe(ours);
});
