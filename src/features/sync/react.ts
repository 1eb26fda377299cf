// What to do about a slice that failed. Pure: an error and the slice's state in, a decision out.
import type { AppError } from "../../errors.ts";
import { type DayRange, daysBetween, splitDays } from "../../lib/dates.ts";
import type { Level } from "./plan-slices.ts";

export type SliceState = DayRange & { level: Level | "structure"; method: string; attempts: number; pageLimit: number };

export type Decision =
  /** The same slice again, later. */
  | { kind: "retry"; delaySeconds: number; pageLimit: number; reportAgain: boolean }
  /** Two halves in its place. */
  | { kind: "split"; halves: [DayRange, DayRange] }
  /** Not by a direct read: by a report. */
  | { kind: "report" }
  /** The slice cannot be read; the run goes on with the others, and a later run tries these days again. */
  | { kind: "fail" }
  /** The account must wait. */
  | { kind: "pause"; delaySeconds: number }
  /** Nothing of this account can be read now. */
  | { kind: "stop" };

export const PAGE_LIMIT = 500;
const SMALLEST_PAGE = 25;
/** A report that fails for so few days fails for another reason than its size. */
const SMALLEST_REPORT_DAYS = 7;
const MOST_ATTEMPTS = 5;
const BACKOFF_SECONDS = 15;

export function decide(error: AppError, slice: SliceState): Decision {
  switch (error.code) {
    case "meta.throttled":
      return { kind: "pause", delaySeconds: Number(error.details["retryAfterSeconds"] ?? 300) };
    case "meta.too_much_data":
    case "meta.protocol":
      return error.details["splitBy"] ? shrink(error, slice) : retry(slice);
    case "meta.transient":
      // Some "try again" errors mean a heavy query: the second time it is made lighter.
      return error.details["splitBy"] && slice.attempts > 0 ? shrink(error, slice) : retry(slice, isReportDead(error));
    case "meta.bad_cursor":
      return retry(slice);
    case "meta.not_found":
      // A report that Meta no longer finds is asked for again; anything else that is not found is the account itself.
      return slice.method === "report" ? retry(slice, true) : { kind: "stop" };
    case "meta.bad_request":
      return { kind: "fail" };
    case "database.unavailable":
    case "database.conflict":
    case "request.invalid":
    case "internal.unexpected":
      // Our own side failed on this slice: perhaps it is too big for one batch, so the second time it is made smaller.
      return slice.attempts > 0 ? shrink(error, slice) : retry(slice);
    default:
      return { kind: "stop" };
  }
}

const isReportDead = (error: AppError) => error.details["reason"] === "report_failed";

// Pages first where Meta complains of the page (it costs no more days), days first where it complains of the days.
function shrink(error: AppError, slice: SliceState): Decision {
  const { method, pageLimit, level } = slice;
  const canShrinkPage = pageLimit > SMALLEST_PAGE && level !== "structure";
  if (error.details["splitBy"] === "page" && canShrinkPage) {
    const half = Math.max(SMALLEST_PAGE, Math.floor(pageLimit / 2));
    return { kind: "retry", delaySeconds: 0, pageLimit: half, reportAgain: false };
  }
  const isSmall = method === "report" && daysBetween(slice.since, slice.until) < SMALLEST_REPORT_DAYS;
  const halves = level === "structure" || isSmall ? undefined : splitDays(slice);
  if (halves) return { kind: "split", halves };
  return method === "direct" && level !== "structure" ? { kind: "report" } : retry(slice, true);
}

function retry(slice: SliceState, reportAgain = false): Decision {
  if (slice.attempts + 1 >= MOST_ATTEMPTS) return { kind: "fail" };
  return {
    kind: "retry",
    delaySeconds: BACKOFF_SECONDS * 2 ** slice.attempts,
    pageLimit: slice.pageLimit,
    reportAgain,
  };
}
