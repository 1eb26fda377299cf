// Every way a request or a job can fail, with its HTTP status and its fate on the queue. HTTP
// (http/on-error.ts) and the queue (jobs.ts) read this one table.

/** What a queue consumer does with a message whose work failed this way. */
export type Fate =
  /** Try again with back-off: nothing says it cannot work next time. */
  | "retry"
  /** Try again, but only after `details.retryAfterSeconds`. */
  | "wait"
  /** Trying again cannot help: record the reason and finish. */
  | "give-up";

export const catalogue = {
  "request.invalid": [422, "give-up"],
  "request.conflict": [409, "give-up"],
  "idempotency.in_progress": [409, "wait"],
  "idempotency.mismatch": [422, "give-up"],
  "upstream.unavailable": [502, "retry"],
  "request.too_large": [413, "give-up"],
  "request.uri_too_long": [414, "give-up"],
  "request.unsupported_type": [415, "give-up"],
  "request.headers_too_large": [431, "give-up"],
  "request.not_found": [404, "give-up"],
  "request.method_not_allowed": [405, "give-up"],
  "request.too_many": [429, "wait"],
  "session.missing": [401, "give-up"],
  "session.invalid": [401, "give-up"],
  "identity.unavailable": [503, "retry"],
  "tenant.no_membership": [403, "give-up"],
  "role.forbidden": [403, "give-up"],
  "origin.forbidden": [403, "give-up"],
  "admin_token.invalid": [401, "give-up"],
  "signature.invalid": [401, "give-up"],
  "webhook.not_verified": [403, "give-up"],
  "webhook.unhandled": [500, "retry"],
  "oauth.invalid_state": [400, "give-up"],
  "oauth.denied": [400, "give-up"],
  "oauth.exchange_failed": [502, "give-up"],
  "oauth.wrong_app": [400, "give-up"],
  "oauth.cross_site_frontend": [403, "give-up"],
  "connection.missing": [409, "give-up"],
  "connection.needs_reauth": [409, "give-up"],
  "connection.missing_scope": [409, "give-up"],
  "connection.save_failed": [503, "give-up"],
  "connection.token_refused": [422, "give-up"],
  "account.not_accessible": [422, "give-up"],
  "account.not_connected": [404, "give-up"],
  "asset.not_found": [404, "give-up"],
  "asset.taken": [409, "give-up"],
  "asset.lost": [409, "give-up"],
  "asset.no_token": [409, "give-up"],
  "asset.not_subscribed": [502, "retry"],
  "form.not_found": [404, "give-up"],
  "lead.no_access": [409, "give-up"],
  "campaign.not_found": [404, "give-up"],
  "lead.not_found": [404, "give-up"],
  "lead.unmergeable": [409, "give-up"],
  "lead.merge_not_found": [404, "give-up"],
  "intake.key_invalid": [401, "give-up"],
  "intake.key_not_found": [404, "give-up"],
  "opportunity.not_found": [404, "give-up"],
  "sale.not_found": [404, "give-up"],
  "sale.over_refunded": [422, "give-up"],
  "rule.not_found": [404, "give-up"],
  "rule.duplicate": [409, "give-up"],
  "rule.inactive": [409, "give-up"],
  "number.not_found": [404, "give-up"],
  "template.not_found": [404, "give-up"],
  "template.duplicate": [409, "give-up"],
  "template.not_sendable": [422, "give-up"],
  "template.not_submittable": [409, "give-up"],
  "template.refused": [422, "give-up"],
  "message.not_found": [404, "give-up"],
  "message.not_unknown": [409, "give-up"],
  "template.sending_unavailable": [409, "give-up"],
  "endpoint.not_found": [404, "give-up"],
  "run.not_found": [404, "give-up"],
  "run.already_active": [409, "give-up"],
  "debug.disabled": [404, "give-up"],
  "meta.throttled": [503, "wait"],
  "meta.transient": [503, "retry"],
  "meta.protocol": [502, "retry"],
  "meta.too_much_data": [502, "give-up"],
  "meta.permission": [409, "give-up"],
  "meta.not_found": [404, "give-up"],
  "meta.bad_request": [502, "give-up"],
  "meta.outdated_version": [502, "give-up"],
  "meta.bad_cursor": [502, "retry"],
  "vault.unsealable": [503, "give-up"],
  "lease.lost": [409, "give-up"],
  "lease.held": [409, "wait"],
  "database.unavailable": [503, "retry"],
  "database.conflict": [409, "give-up"],
  "redis.unavailable": [503, "retry"],
  "queue.unavailable": [503, "retry"],
  "message.unknown": [500, "retry"],
  "config.invalid": [503, "give-up"],
  "internal.unexpected": [500, "retry"],
} as const satisfies Record<string, readonly [status: number, fate: Fate]>;

export type ErrorCode = keyof typeof catalogue;

/** Facts about a failure that may be shown to a caller: never a token, a URL, a query or personal data. */
export type ErrorDetails = Readonly<Record<string, unknown>>;

const LONGEST_BACKOFF_SECONDS = 600;
const DEFAULT_WAIT_SECONDS = 60;

/** The one error our code throws on purpose. `message` may be read by users; `cause` is for debuggers only. */
export class AppError extends Error {
  override readonly name = "AppError";
  readonly code: ErrorCode;
  readonly details: ErrorDetails;
  /** A short technical word for the log (a SQLSTATE, say), never for a caller. */
  readonly note: string | undefined;

  constructor(
    code: ErrorCode,
    message: string,
    options: { cause?: unknown; details?: ErrorDetails; note?: string | undefined } = {},
  ) {
    super(message, { cause: options.cause });
    this.code = code;
    this.details = options.details ?? {};
    this.note = options.note;
  }

  get status(): number {
    return catalogue[this.code][0];
  }

  get fate(): Fate {
    return catalogue[this.code][1];
  }

  /** How long whoever failed asks us to wait, where it did. */
  get retryAfterSeconds(): number | undefined {
    const asked = this.details["retryAfterSeconds"];
    return typeof asked === "number" ? asked : undefined;
  }

  /** Which of the failures under one code it was, where that is known. */
  get reason(): string | null {
    const reason = this.details["reason"];
    return typeof reason === "string" ? reason : null;
  }

  /** How long the queue waits before the next attempt: as long as was asked, or longer each time. */
  retrySeconds(attempts: number): number {
    if (this.fate === "wait") return this.retryAfterSeconds ?? DEFAULT_WAIT_SECONDS;
    return Math.min(LONGEST_BACKOFF_SECONDS, 5 * 2 ** attempts);
  }
}

/** Any thrown value as an AppError; what we did not foresee keeps its message to itself. */
export function toAppError(thrown: unknown): AppError {
  if (thrown instanceof AppError) return thrown;
  return new AppError("internal.unexpected", "Algo salió mal de nuestro lado. Probá de nuevo en unos minutos.", {
    cause: thrown,
    // Its message may quote anything: the class is all that is told.
    note: thrown instanceof Error ? thrown.name : typeof thrown,
  });
}

/** Refuses a request for one of its fields, as its contract would. */
export const fieldError = (field: string, problem: string, more: ErrorDetails = {}): AppError =>
  new AppError("request.invalid", `Datos inválidos: ${field}: ${problem}`, {
    details: { fields: [{ field, problem }], ...more },
  });

/** What is wrong with one item of a request that may hold many; never the value itself. */
export type Problem = { index: number; field: string; problem: string };

const TOLD = { inWords: 3, inDetails: 100 };

/** Refuses a request of several items as a whole. */
export function problemsError(problems: readonly Problem[], code: ErrorCode = "request.invalid"): AppError {
  const words = problems
    .slice(0, TOLD.inWords)
    .map(({ index, field, problem }) => `ítem ${index}${field && `, ${field}`}: ${problem}`);
  const rest = problems.length > words.length ? `; y ${problems.length - words.length} más` : "";
  const details = { problems: problems.slice(0, TOLD.inDetails), total: problems.length };
  return new AppError(code, `No se guardó nada: ${words.join("; ")}${rest}`, { details });
}

/** True when `thrown` is our error with one of these codes. */
export function isAppError(thrown: unknown, ...codes: ErrorCode[]): thrown is AppError {
  return thrown instanceof AppError && (codes.length === 0 || codes.includes(thrown.code));
}
