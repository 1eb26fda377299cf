import { describe, expect, it, test } from "vitest";
import { classifyMetaError, type MetaErrorCode } from "../../../src/adapters/meta/errors.ts";
import { rules } from "../../../src/adapters/meta/error-table.ts";

type Line = [code: number, subcode: number | undefined, as: MetaErrorCode, details?: Record<string, unknown>];

const lines: Line[] = [
  [1, undefined, "meta.transient"],
  [1, 99, "meta.transient"],
  [2, undefined, "meta.transient"],
  [2, 1504043, "meta.transient"],
  [2, 1504044, "meta.transient", { splitBy: "days" }],
  [99, undefined, "meta.transient"],
  [960, undefined, "meta.transient"],
  [1487390, undefined, "meta.transient"],
  [4, undefined, "meta.throttled", { reason: "app", retryAfterSeconds: 300 }],
  [4, 1504022, "meta.throttled", { reason: "app" }],
  [4, 1504039, "meta.throttled", { reason: "app" }],
  [17, undefined, "meta.throttled", { reason: "user", retryAfterSeconds: 300 }],
  [17, 2446079, "meta.throttled", { reason: "account" }],
  [32, undefined, "meta.throttled", { reason: "page", retryAfterSeconds: 60 }],
  [341, undefined, "meta.throttled", { retryAfterSeconds: 60 }],
  [368, undefined, "meta.throttled", { reason: "policy_block", retryAfterSeconds: 21600 }],
  [613, undefined, "meta.throttled", { reason: "call_rate", retryAfterSeconds: 60 }],
  [613, 1487742, "meta.throttled", { reason: "call_rate" }],
  [80000, 2446079, "meta.throttled", { reason: "account", retryAfterSeconds: 300 }],
  [80001, undefined, "meta.throttled"],
  [80002, undefined, "meta.throttled"],
  [80003, undefined, "meta.throttled"],
  [80004, 2446079, "meta.throttled"],
  [80005, undefined, "meta.throttled"],
  [80006, undefined, "meta.throttled"],
  [80007, undefined, "meta.throttled"],
  [80008, undefined, "meta.throttled"],
  [80009, undefined, "meta.throttled"],
  [80014, undefined, "meta.throttled"],
  [-3, undefined, "meta.too_much_data", { splitBy: "page" }],
  [-2, 2490547, "meta.too_much_data", { splitBy: "days" }],
  [2, 1504038, "meta.too_much_data", { splitBy: "days" }],
  [100, 1487534, "meta.too_much_data", { splitBy: "days" }],
  [100, 1504018, "meta.too_much_data", { splitBy: "days" }],
  [102, undefined, "connection.needs_reauth", { reason: "session_invalid" }],
  [190, undefined, "connection.needs_reauth", { reason: "session_invalid" }],
  [190, 458, "connection.needs_reauth", { reason: "app_removed" }],
  [190, 459, "connection.needs_reauth", { reason: "checkpoint" }],
  [190, 460, "connection.needs_reauth", { reason: "password_changed" }],
  [190, 461, "connection.needs_reauth", { reason: "session_invalid" }],
  [190, 462, "connection.needs_reauth", { reason: "session_invalid" }],
  [190, 463, "connection.needs_reauth", { reason: "expired" }],
  [190, 464, "connection.needs_reauth", { reason: "checkpoint" }],
  [190, 465, "connection.needs_reauth", { reason: "session_invalid" }],
  [190, 466, "connection.needs_reauth", { reason: "session_invalid" }],
  [190, 467, "connection.needs_reauth", { reason: "session_invalid" }],
  [190, 468, "connection.needs_reauth", { reason: "session_invalid" }],
  [190, 492, "connection.needs_reauth", { reason: "role_lost" }],
  [10, undefined, "meta.permission", { reason: "not_granted" }],
  [200, undefined, "meta.permission", { reason: "not_granted" }],
  [200, 1870034, "meta.permission"],
  [210, undefined, "meta.permission"],
  [283, undefined, "meta.permission"],
  [294, undefined, "meta.permission", { reason: "ads_management" }],
  [299, undefined, "meta.permission"],
  [33, undefined, "meta.not_found"],
  [100, 33, "meta.not_found", { reason: "object" }],
  [803, undefined, "meta.not_found"],
  [2601, 1815107, "meta.not_found", { reason: "report" }],
  [2635, undefined, "meta.outdated_version"],
  [2642, undefined, "meta.bad_cursor"],
  [2, 1504041, "meta.bad_request", { reason: "breakdowns" }],
  [2, 1504042, "meta.bad_request", { reason: "custom_metric" }],
  [3, undefined, "meta.bad_request"],
  [5, undefined, "meta.bad_request", { reason: "source_ip" }],
  [100, undefined, "meta.bad_request"],
  [100, 36007, "meta.bad_request", { reason: "code_expired" }],
  [100, 36008, "meta.bad_request", { reason: "redirect_mismatch" }],
  [100, 36009, "meta.bad_request", { reason: "code_used" }],
  [101, undefined, "meta.bad_request", { reason: "app_id" }],
  [104, undefined, "meta.bad_request", { reason: "signature" }],
  [270, undefined, "meta.bad_request", { reason: "app_tier" }],
  [506, undefined, "meta.bad_request"],
  [2500, undefined, "meta.bad_request", { reason: "path" }],
  [2650, undefined, "meta.bad_request"],
  [3018, undefined, "meta.bad_request", { reason: "start_too_old" }],
  [1609005, undefined, "meta.bad_request"],
  [2804003, undefined, "meta.bad_request", { reason: "event_too_old" }],
];

describe("defect 85: Meta's codes", () => {
  test.each(lines)("%i/%s is %s", (code, subcode, expected, details = {}) => {
    for (const status of [200, 400, 403, 500]) {
      const failure = classifyMetaError({ status, code, subcode });
      expect(failure.code).toBe(expected);
      expect(failure.details).toMatchObject({ metaCode: code, ...details });
      expect(failure.details.unknown).toBeUndefined();
    }
  });

  it("are all in the table above", () => {
    const tried = new Set(lines.flatMap(([code, subcode]) => [String(code), `${code}/${subcode}`]));
    expect([...rules.keys()].filter((key) => !tried.has(key))).toEqual([]);
  });
});

describe("the few codes that only their message tells apart", () => {
  test.each([
    [1, "Please reduce the amount of data you're asking for, then retry your request", "meta.too_much_data", "page"],
    [1, "Error validating client secret.", "meta.transient", undefined],
    [100, "(#100) Missing permissions", "meta.permission", undefined],
    [100, "Invalid appsecret_proof provided in the API argument", "meta.bad_request", undefined],
    [100, "(#100) Invalid cursors values", "meta.bad_cursor", undefined],
    [
      100,
      "Cannot include spend in summary param because they weren't there while creating",
      "meta.transient",
      undefined,
    ],
    [104, "Incorrect signature", "meta.bad_request", undefined],
    [104, "Connection reset by peer", "meta.transient", undefined],
    [
      190,
      "Any of the pages_read_engagement permission(s) must be granted before impersonating a user's page.",
      "meta.permission",
      undefined,
    ],
    [
      2500,
      "An active access token must be used to query information about the current user.",
      "connection.needs_reauth",
      undefined,
    ],
    [2500, "Unknown path components: /nope", "meta.bad_request", undefined],
  ])("%i %j is %s", (code, message, expected, splitBy) => {
    const failure = classifyMetaError({ status: 400, code, message });
    expect(failure.code).toBe(expected);
    expect(failure.details.splitBy).toBe(splitBy);
  });

  it("takes code 1 on the token endpoint for what it says", () => {
    const message = "Error validating client secret.";
    const failure = classifyMetaError({ status: 400, code: 1, message, oauth: true });
    expect(failure).toEqual({ code: "meta.bad_request", details: { metaCode: 1, reason: "app_secret" } });
    expect(classifyMetaError({ status: 500, code: 1, message: "oops", oauth: true }).code).toBe("meta.transient");
  });

  it("never lets a message overrule a known subcode", () => {
    const message = "pages_show_list permission";
    expect(classifyMetaError({ status: 400, code: 190, subcode: 463, message }).details.reason).toBe("expired");
  });
});

describe("what the table does not know", () => {
  test.each([
    [400, 7777, "meta.bad_request", true],
    [404, undefined, "meta.bad_request", true],
    [500, 7777, "meta.transient", undefined],
    [502, undefined, "meta.transient", undefined],
    [429, undefined, "meta.throttled", undefined],
    [200, 7777, "meta.bad_request", true],
  ])("HTTP %i with code %s is %s", (status, code, expected, unknown) => {
    const failure = classifyMetaError({ status, code });
    expect(failure.code).toBe(expected);
    expect(failure.details.unknown).toBe(unknown);
  });
});

describe("waits", () => {
  it("are Meta's when it names one", () => {
    const failure = classifyMetaError({ status: 400, code: 80004, retryAfterSeconds: 1_260 });
    expect(failure.details.retryAfterSeconds).toBe(1_260);
  });

  it("are never shortened for a policy block, nor given to other classes", () => {
    expect(classifyMetaError({ status: 400, code: 368, retryAfterSeconds: 60 }).details.retryAfterSeconds).toBe(21_600);
    expect(
      classifyMetaError({ status: 400, code: 190, retryAfterSeconds: 60 }).details.retryAfterSeconds,
    ).toBeUndefined();
  });
});
