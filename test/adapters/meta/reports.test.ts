import { describe, expect, it, test } from "vitest";
import { failureOf, json, NOW, page, refusal, scripted, TOKEN } from "./scripted-meta.ts";

const window = { accountId: "111", level: "account", since: "2026-11-22", until: "2026-11-22" } as const;
const run = (body: object, startedAt = NOW - 600_000) =>
  scripted([json({ id: "6023", ...body })]).meta.getReport(TOKEN, "6023", { startedAt: new Date(startedAt) });

describe("a report", () => {
  it("is started by POST, its question in the form", async () => {
    const { meta, asked } = scripted([json({ report_run_id: "6023920149050" })]);
    expect(await meta.startReport(TOKEN, window)).toBe("6023920149050");
    expect(asked[0]).toMatchObject({ method: "POST" });
    expect(asked[0]?.url.href).toBe("https://graph.test/v26.0/act_111/insights");
    expect(asked[0]?.form.get("level")).toBe("account");
    expect(asked[0]?.form.has("appsecret_proof")).toBe(true);
    expect(asked[0]?.form.has("filtering")).toBe(false);
  });

  test.each([
    ["Job Not Started", 0, { status: "pending", percent: 0 }],
    ["Job Running", 42, { status: "pending", percent: 42 }],
    ["Job Running", 100, { status: "pending", percent: 100 }],
    ["Job Completed", 99, { status: "pending", percent: 99 }],
    ["Job Completed", 100, { status: "completed" }],
    ["Job Skipped", 0, { status: "skipped" }],
    ["Job Dreaming", 5, { status: "pending", percent: 5 }],
  ])("with %j at %i %% stands so", async (async_status, async_percent_completion, expected) => {
    expect(await run({ async_status, async_percent_completion })).toEqual(expected);
  });

  it("says why it failed, if Meta does", async () => {
    const failed = { async_status: "Job Failed", async_percent_completion: 0 };
    expect(await run({ ...failed, error_code: -2, error_subcode: 2490547 })).toEqual({
      status: "failed",
      code: -2,
      subcode: 2490547,
    });
    expect(await run(failed)).toEqual({ status: "failed", code: null, subcode: null });
  });

  it("that Meta does not find is pending while fresh, and gone later", async () => {
    const ask = (age: number) =>
      scripted([refusal(100, 33)]).meta.getReport(TOKEN, "6023", { startedAt: new Date(NOW - age) });
    expect(await ask(119_000)).toEqual({ status: "pending", percent: 0 });
    expect((await failureOf(ask(120_000))).code).toBe("meta.not_found");
    const inaccessible = scripted([refusal(2601, 1815107)]).meta;
    expect((await failureOf(inaccessible.getReport(TOKEN, "6023", { startedAt: new Date(NOW) }))).code).toBe(
      "meta.not_found",
    );
  });

  it("is read page by page into the same rows as a direct answer", async () => {
    const row = {
      account_id: "111",
      account_currency: "ARS",
      spend: "1.5",
      date_start: "2026-11-22",
      date_stop: "2026-11-22",
    };
    const { meta, asked } = scripted([page([row], "a"), page([{ ...row, spend: "2.5" }])]);
    const rows = await meta.readReport(TOKEN, "6023", { ...window, limit: 500 });
    expect(rows).toMatchObject([{ entityId: "111", spend: "2.5", date: "2026-11-22" }]);
    expect(asked.map(({ url }) => url.pathname)).toEqual(["/v26.0/6023/insights", "/v26.0/6023/insights"]);
    expect(asked[0]?.url.searchParams.get("limit")).toBe("500");
  });
});
