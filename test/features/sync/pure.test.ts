import fc from "fast-check";
import { describe, expect, it, test } from "vitest";
import { AppError, type ErrorCode } from "../../../src/errors.ts";
import { addDays, dayIn, eachDay } from "../../../src/lib/dates.ts";
import { countConversations, countLeads } from "../../../src/features/sync/lead-count.ts";
import {
  lastWholeDay,
  levels,
  oldestDay,
  planDeeper,
  planRange,
  planScheduled,
} from "../../../src/features/sync/plan-slices.ts";
import { decide, type SliceState } from "../../../src/features/sync/react.ts";
import { percentOf } from "../../../src/features/sync/sync.service.ts";

const action = (type: string, value: string) => ({ type, value });

describe("leads are counted once", () => {
  test.each([
    ["nothing", [], 0],
    [
      "the roll-up holds its components",
      [
        action("lead", "14"),
        action("onsite_conversion.lead_grouped", "9"),
        action("offsite_conversion.fb_pixel_lead", "5"),
      ],
      14,
    ],
    [
      "components alone are added up",
      [action("onsite_conversion.lead_grouped", "9"), action("offsite_conversion.fb_pixel_lead", "5")],
      14,
    ],
    ["one component alone", [action("offsite_conversion.fb_pixel_lead", "5")], 5],
    ["the omni tier wins", [action("omni_lead", "20"), action("lead", "14")], 20],
    ["legacy names only when nothing else is there", [action("leadgen_grouped", "3"), action("leadgen.other", "2")], 3],
    ["legacy beside the roll-up", [action("leadgen_grouped", "3"), action("lead", "4")], 4],
    [
      "names that merely contain 'lead'",
      [
        action("offsite_content_view_add_meta_leads", "90"),
        action("offsite_lead_add_20s_calls", "80"),
        action("lead_form_open", "70"),
      ],
      0,
    ],
    ["conversations are no leads", [action("onsite_conversion.messaging_conversation_started_7d", "9")], 0],
    ["a value that is no number", [action("lead", "many")], 0],
  ])("%s", (_, actions, expected) => {
    expect(countLeads(actions)).toBe(expected);
  });

  it("conversations are counted beside them", () => {
    expect(
      countConversations([
        action("onsite_conversion.messaging_conversation_started_7d", "9"),
        action("onsite_conversion.messaging_first_reply", "4"),
        action("lead", "2"),
      ]),
    ).toBe(9);
  });
});

const day = fc.integer({ min: 0, max: 1_100 }).map((back) => addDays("2026-11-23", -back));

/** The days a plan covers at a level. */
const daysOf = (slices: readonly { level: string; since: string; until: string }[], level: string) =>
  slices
    .filter((slice) => slice.level === level)
    .flatMap(({ since, until }) => eachDay(since, until))
    .sort();

describe("a planned range", () => {
  it("covers every day of the account exactly once, and no other", () => {
    fc.assert(
      fc.property(day, day, (one, other) => {
        const [since, until] = [one, other].sort() as [string, string];
        expect(daysOf(planRange({ since, until }, "2026-11-23"), "account")).toEqual(eachDay(since, until));
      }),
    );
  });

  it("covers, with what the account's history shows, every day of every level exactly once", () => {
    fc.assert(
      fc.property(day, day, fc.array(day, { maxLength: 40 }), (one, other, delivery) => {
        const [since, until] = [one, other].sort() as [string, string];
        const plan = planRange({ since, until }, "2026-11-23");
        const history = plan.find(({ method }) => method === "report");
        const all = [...plan, ...(history ? planDeeper(history, delivery) : [])];
        for (const level of levels) expect(daysOf(all, level)).toEqual(eachDay(since, until));
      }),
    );
  });

  it("calls a month empty only when the account had no delivery in it", () => {
    const slices = planDeeper({ since: "2026-01-10", until: "2026-03-20" }, ["2026-02-28", "2026-04-01"]);
    expect(
      slices.filter(({ level }) => level === "ad").map(({ since, until, isEmpty }) => [since, until, isEmpty]),
    ).toEqual([
      ["2026-01-10", "2026-01-31", true],
      ["2026-02-01", "2026-02-28", false],
      ["2026-03-01", "2026-03-20", true],
    ]);
  });
});

describe("a scheduled run", () => {
  const state = { today: "2026-11-23", fullReadOn: "2026-11-23", deepReadOn: "2026-11-20", gaps: [] };
  const reach = (slices: ReturnType<typeof planScheduled>["slices"]) => daysOf(slices, "campaign").length - 1;

  it("reads three days by the hour, all restated days once a day, ninety once a week", () => {
    expect(reach(planScheduled(state).slices)).toBe(3);
    expect(reach(planScheduled({ ...state, fullReadOn: "2026-11-22" }).slices)).toBe(28);
    expect(reach(planScheduled({ ...state, deepReadOn: "2026-11-16" }).slices)).toBe(90);
    expect(reach(planScheduled({ ...state, fullReadOn: null, deepReadOn: null }).slices)).toBe(90);
  });

  it("asks again for days that are still unknown, however old", () => {
    const { slices } = planScheduled({ ...state, gaps: [{ level: "ad", since: "2026-03-05", until: "2026-04-02" }] });
    expect(slices.filter(({ method }) => method === "report")).toEqual([
      { level: "ad", since: "2026-03-05", until: "2026-03-31", method: "report" },
      { level: "ad", since: "2026-04-01", until: "2026-04-02", method: "report" },
    ]);
  });
});

describe("days end where the account lives", () => {
  test.each([
    ["America/Argentina/Buenos_Aires", "2026-11-23T05:59:00Z", "2026-11-21"],
    ["America/Argentina/Buenos_Aires", "2026-11-23T06:01:00Z", "2026-11-22"],
    ["America/New_York", "2026-11-23T07:59:00Z", "2026-11-21"],
    ["America/New_York", "2026-11-23T08:01:00Z", "2026-11-22"],
    ["Asia/Tokyo", "2026-11-23T15:00:00Z", "2026-11-22"],
  ])("the last whole day in %s at %s is %s", (zone, at, expected) => {
    expect(lastWholeDay(zone, Date.parse(at))).toBe(expected);
  });

  it("and so does what Meta keeps: 37 months", () => {
    const at = Date.parse("2026-11-23T02:00:00Z");
    expect([oldestDay("America/New_York", at), oldestDay("UTC", at)]).toEqual(["2023-10-23", "2023-10-24"]);
    expect(dayIn("America/New_York", at)).toBe("2026-11-22");
  });
});

describe("a slice that failed", () => {
  const slice: SliceState = {
    level: "campaign",
    since: "2026-11-01",
    until: "2026-11-10",
    method: "direct",
    attempts: 0,
    pageLimit: 500,
  };
  const failing = (code: ErrorCode, details: object = {}, state: Partial<SliceState> = {}, tries?: number) =>
    decide(new AppError(code, "x", { details: { ...details } }), { ...slice, ...state }, tries);

  test.each([
    [
      "throttled: the account waits as long as Meta says",
      failing("meta.throttled", { retryAfterSeconds: 1260 }),
      { kind: "pause", delaySeconds: 1260 },
    ],
    [
      "too many rows: two halves",
      failing("meta.too_much_data", { splitBy: "days" }),
      {
        kind: "split",
        halves: [
          { since: "2026-11-01", until: "2026-11-05" },
          { since: "2026-11-06", until: "2026-11-10" },
        ],
      },
    ],
    [
      "too many rows in one day: a report",
      failing("meta.too_much_data", { splitBy: "days" }, { since: "2026-11-10" }),
      { kind: "report" },
    ],
    [
      "too big a page: half the page, at once",
      failing("meta.too_much_data", { splitBy: "page" }),
      { kind: "retry", delaySeconds: 0, pageLimit: 250, reportAgain: false },
    ],
    [
      "the smallest page is 25",
      failing("meta.too_much_data", { splitBy: "page" }, { pageLimit: 31 }),
      { kind: "retry", delaySeconds: 0, pageLimit: 25, reportAgain: false },
    ],
    [
      "smaller than that: fewer days",
      failing("meta.too_much_data", { splitBy: "page" }, { pageLimit: 25 }),
      expect.objectContaining({ kind: "split" }),
    ],
    [
      "transient: the account waits, eight times as long each time",
      failing("meta.transient", {}, { attempts: 2 }),
      { kind: "pause", delaySeconds: 960, isTry: true },
    ],
    [
      "as long as all its slices were tried together, twenty minutes at most",
      failing("meta.transient", {}, { attempts: 2 }, 9),
      { kind: "pause", delaySeconds: 1200, isTry: true },
    ],
    ["transient for the seventh time", failing("meta.transient", {}, { attempts: 6 }), { kind: "fail" }],
    [
      "a heavy query's transient: made lighter the second time",
      failing("meta.transient", { splitBy: "days" }, { attempts: 1 }),
      expect.objectContaining({ kind: "split" }),
    ],
    [
      "a report that is gone is asked for again",
      failing("meta.not_found", {}, { method: "report" }),
      expect.objectContaining({ kind: "retry", reportAgain: true }),
    ],
    [
      "a report that fails for its size: two halves",
      failing("meta.too_much_data", { splitBy: "days" }, { method: "report" }),
      expect.objectContaining({ kind: "split" }),
    ],
    [
      "a report that fails for a week: another one, some times",
      failing("meta.too_much_data", { splitBy: "days" }, { method: "report", since: "2026-11-05" }),
      expect.objectContaining({ kind: "retry", reportAgain: true }),
    ],
    [
      "and then no more",
      failing("meta.too_much_data", { splitBy: "days" }, { method: "report", since: "2026-11-05", attempts: 4 }),
      { kind: "fail" },
    ],
    [
      "a report that came to nothing is asked for again",
      failing("meta.transient", { reason: "report_failed" }, { method: "report" }),
      expect.objectContaining({ kind: "retry", reportAgain: true }),
    ],
    [
      "a batch that our database refused twice: made smaller",
      failing("database.unavailable", {}, { attempts: 1 }),
      expect.objectContaining({ kind: "split" }),
    ],
    ["an account that is gone", failing("meta.not_found"), { kind: "stop" }],
    ["our mistake", failing("meta.bad_request"), { kind: "fail" }],
    ["a dead token", failing("connection.needs_reauth"), { kind: "stop" }],
    ["a lost permission", failing("meta.permission"), { kind: "stop" }],
    ["a dead version", failing("meta.outdated_version"), { kind: "stop" }],
  ])("%s", (_, decision, expected) => {
    expect(decision).toEqual(expected);
  });

  it("is split so that its halves are its days, each once", () => {
    fc.assert(
      fc.property(day, day, (one, other) => {
        const [since, until] = [one, other].sort() as [string, string];
        const decision = failing("meta.too_much_data", { splitBy: "days" }, { since, until });
        if (decision.kind !== "split") return since === until;
        const days = decision.halves.flatMap((half) => eachDay(half.since, half.until));
        return days.join() === eachDay(since, until).join();
      }),
    );
  });
});

describe("progress", () => {
  it("is the share of days settled over all levels", () => {
    const run = { since: "2026-11-01", until: "2026-11-10" };
    const slice = (
      level: "account" | "campaign" | "structure",
      status: "done" | "pending" | "split" | "failed",
      since = run.since,
      until = run.until,
    ) => ({ level, status, since, until });
    expect(percentOf(run, [])).toBe(0);
    expect(percentOf(run, [slice("structure", "done")])).toBe(0);
    expect(percentOf(run, [slice("account", "done")])).toBe(33);
    expect(
      percentOf(run, [
        slice("account", "done"),
        slice("campaign", "split"),
        slice("campaign", "failed", "2026-11-01", "2026-11-05"),
        slice("campaign", "pending", "2026-11-06"),
      ]),
    ).toBe(50);
  });
});
