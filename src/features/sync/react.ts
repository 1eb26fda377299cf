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
  /** The account must wait; `isTry` where the slice has used up one of its tries. */
  | { kind: "pause"; delaySeconds: number; isTry?: true }
  /** Nothing of this account can be read now. */
  | { kind: "stop" };

export const PAGE_LIMIT = 500;
const SMALLEST_PAGE = 25;
/** A report that fails for so few days fails for another reason than its size. */
const SMALLEST_REPORT_DAYS = 7;
const MOST_ATTEMPTS = 5;
const BACKOFF_SECONDS = 15;
/** While Meta is away: together longer than an hour. */
const MOST_TRIES = 7;
/**
 * So seldom that a Meta that is away is asked half as much again as one that is there, on average and at most, and so soon
 * there when it is back that all are fresh within half an hour (test/soak/recovery.test.ts).
 */
const LONGEST_WAIT_SECONDS = 1_200;
const LONGER_EACH_TIME = 8;

/** `tries`: those of all open slices of the account together. */
export function decide(error: AppError, slice: SliceState, tries = slice.attempts): Decision {
  switch (error.code) {
    case "meta.throttled":
      return { kind: "pause", delaySeconds: error.retryAfterSeconds ?? 300 };
    case "meta.too_much_data":
    case "meta.protocol":
      return error.details["splitBy"] ? shrink(error, slice) : retry(slice);
    case "meta.transient":
      // Some "try again" errors mean a heavy query: the second time it is made lighter.
      if (error.details["splitBy"]) return slice.attempts > 0 ? shrink(error, slice) : retry(slice);
      return isReportDead(error) ? retry(slice, true) : wait(slice, tries);
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

const isReportDead = (error: AppError) => error.reason === "report_failed";

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

// Most likely Meta is away for all: one call shows it as well as one of each slice would.
function wait({ attempts }: SliceState, tries: number): Decision {
  if (attempts + 1 >= MOST_TRIES) return { kind: "fail" };
  return {
    kind: "pause",
    delaySeconds: Math.min(LONGEST_WAIT_SECONDS, BACKOFF_SECONDS * LONGER_EACH_TIME ** tries),
    isTry: true,
  };
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
