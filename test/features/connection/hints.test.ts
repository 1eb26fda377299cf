import { describe, expect, test } from "vitest";
import { AppError, type ErrorCode } from "../../../src/errors.ts";
import { hintFor } from "../../../src/features/connection/hints.ts";

describe("hints", () => {
  test.each<[ErrorCode, string | undefined, RegExp]>([
    ["connection.needs_reauth", "expired", /^Volvé a conectar/],
    ["connection.needs_reauth", "checkpoint", /facebook\.com/],
    ["connection.missing", undefined, /^Conectá/],
    ["meta.throttled", "account", /seguimos solos/],
    ["meta.throttled", "policy_block", /políticas/],
    ["meta.bad_request", "code_used", /de nuevo/],
    ["meta.bad_request", undefined, /soporte/],
    ["meta.permission", "not_granted", /permisos/],
    ["meta.transient", undefined, /unos minutos/],
    ["database.unavailable", undefined, /unos minutos/],
    ["internal.unexpected", "toString", /unos minutos/],
  ])("for %s (%s) say what to do", (code, reason, expected) => {
    expect(hintFor(new AppError(code, "x", { details: reason ? { reason } : {} }))).toMatch(expected);
  });
});
