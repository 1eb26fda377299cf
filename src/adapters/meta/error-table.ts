// What each of Meta's error codes means for us (§E.5, §F.4). By numeric code and subcode, never by `type`
// (OAuthException also covers throttles and outages) and never by the localised `error_user_*` texts.

export type FailureClass =
  | "retry"
  | "throttle"
  | "split"
  | "reconnect"
  | "permission"
  | "config"
  | "gone"
  | "outdated"
  | "cursor";

export type Rule = {
  readonly class: FailureClass;
  /** Tells apart failures of one class; stable, for logs and for callers that branch. */
  readonly reason?: string;
  /** What to shrink before asking again. */
  readonly splitBy?: "days" | "page";
  /** Throttles: the wait when Meta's headers give none. */
  readonly waitSeconds?: number;
};

const retry: Rule = { class: "retry" };
const config: Rule = { class: "config" };
const splitDays: Rule = { class: "split", splitBy: "days" };
const splitPage: Rule = { class: "split", splitBy: "page" };
const throttle = (reason: string, waitSeconds: number): Rule => ({ class: "throttle", reason, waitSeconds });
const reconnect = (reason: string): Rule => ({ class: "reconnect", reason });
const permission = (reason: string): Rule => ({ class: "permission", reason });
const misuse = (reason: string): Rule => ({ class: "config", reason });
const gone = (reason: string): Rule => ({ class: "gone", reason });

/** Hourly buckets refill slowly; "n calls in s seconds" limits soon. */
const [LONG, SHORT, SIX_HOURS] = [300, 60, 21_600];

/** Keys are `code` or `code/subcode`; the pair wins. */
export const rules: ReadonlyMap<string, Rule> = new Map([
  ["-3", splitPage],
  ["-2/2490547", splitDays],
  ["1", retry],
  ["1/99", retry],
  ["2", retry],
  ["2/1504038", splitDays],
  ["2/1504041", misuse("breakdowns")],
  ["2/1504042", misuse("custom_metric")],
  ["2/1504043", retry],
  ["2/1504044", { class: "retry", splitBy: "days" }],
  ["3", misuse("app_capability")],
  ["4", throttle("app", LONG)],
  ["4/1504022", throttle("app", LONG)],
  ["4/1504039", throttle("app", LONG)],
  ["5", misuse("source_ip")],
  ["10", permission("not_granted")],
  ["17", throttle("user", LONG)],
  ["17/2446079", throttle("account", LONG)],
  ["32", throttle("page", SHORT)],
  ["33", gone("object")],
  ["99", retry],
  ["100", config],
  ["100/33", gone("object")],
  ["100/36007", misuse("code_expired")],
  ["100/36008", misuse("redirect_mismatch")],
  ["100/36009", misuse("code_used")],
  ["100/1487534", splitDays],
  ["100/1504018", splitDays],
  ["101", misuse("app_id")],
  ["102", reconnect("session_invalid")],
  ["104", misuse("signature")],
  ["190", reconnect("session_invalid")],
  ["190/458", reconnect("app_removed")],
  ["190/459", reconnect("checkpoint")],
  ["190/460", reconnect("password_changed")],
  ["190/463", reconnect("expired")],
  ["190/464", reconnect("checkpoint")],
  ["190/492", reconnect("role_lost")],
  ["270", misuse("app_tier")],
  ["294", permission("ads_management")],
  ["341", throttle("app", SHORT)],
  ["368", throttle("policy_block", SIX_HOURS)],
  ["506", misuse("duplicate")],
  ["613", throttle("call_rate", SHORT)],
  ["803", gone("object")],
  ["960", retry],
  ["2500", misuse("path")],
  ["2601", gone("report")],
  ["2635", { class: "outdated" }],
  ["2642", { class: "cursor" }],
  ["2650", misuse("duplicate")],
  ["3018", misuse("start_too_old")],
  ["1487390", retry],
  ["1609005", misuse("link")],
  ["2804003", misuse("event_too_old")],
]);

/** Families, asked when no exact rule exists. */
export const ranges: readonly { readonly from: number; readonly to: number; readonly rule: Rule }[] = [
  { from: 200, to: 299, rule: permission("not_granted") },
  { from: 80_000, to: 80_014, rule: throttle("account", LONG) },
];

/** The few codes whose meaning is only in Meta's (never localised) `message`. Asked before the bare code. */
export const messageRules: readonly {
  readonly code: number;
  readonly says: RegExp;
  /** Only on /oauth/access_token. */
  readonly oauth?: true;
  readonly rule: Rule;
}[] = [
  { code: 1, says: /client secret/i, oauth: true, rule: misuse("app_secret") },
  { code: 1, says: /reduce the amount/i, rule: splitPage },
  { code: 100, says: /missing perm/i, rule: permission("not_granted") },
  { code: 100, says: /appsecret_proof/i, rule: misuse("app_secret") },
  { code: 100, says: /invalid cursor/i, rule: { class: "cursor" } }, // §D.6
  { code: 100, says: /cannot include .* in summary param/i, rule: retry }, // §E.4
  { code: 104, says: /\breset\b|timed? ?out|\baborted\b/i, rule: retry },
  { code: 190, says: /must be called with a page access token/i, rule: misuse("page_token") },
  { code: 190, says: /pages_\S* permission|impersonating a user's page/i, rule: permission("pages") },
  { code: 2500, says: /access token/i, rule: reconnect("session_invalid") },
];
