import { describe, expect, it } from "vitest";
import { aSimulator, DAY_MS } from "./asking.ts";
import { demoBusiness } from "./business.ts";

const clinic = `/act_${demoBusiness.accountIds.clinic}`;
const QUERY = { level: "campaign", time_increment: "1", date_preset: "last_14d", fields: "campaign_id,spend" };

const aReport = async (options: Parameters<typeof aSimulator>[0] = {}) => {
  const world = aSimulator(options);
  const { body } = await world.post(`${clinic}/insights`, QUERY);
  const id = String(body["report_run_id"]);
  const poll = async () => {
    const { body: run } = await world.get(`/${id}`);
    return `${String(run["async_status"])} ${String(run["async_percent_completion"])}`;
  };
  return { ...world, id, poll };
};

const outcomes = async (outcome: "fail" | "skip") => {
  const { sim, get, post } = aSimulator();
  sim.state.reports.nextOutcomes = [outcome];
  const { body } = await post(`${clinic}/insights`, QUERY);
  sim.clock.advance(3_600_000);
  return (await get(`/${String(body["report_run_id"])}`)).body;
};

describe("an insights report", () => {
  it("walks through its states, at 100 percent while still running once", async () => {
    const { poll } = await aReport();
    const seen = [await poll(), await poll(), await poll(), await poll(), await poll(), await poll()];
    expect(seen).toEqual([
      "Job Not Started 0",
      "Job Started 0",
      "Job Running 42",
      "Job Running 100",
      "Job Completed 100",
      "Job Completed 100",
    ]);
  });

  it("also advances with the clock alone", async () => {
    const { sim, poll } = await aReport();
    sim.state.reports.advanceByPolls = false;
    expect(await poll()).toBe("Job Not Started 0");
    expect(await poll()).toBe("Job Not Started 0");
    sim.clock.advance(5 * sim.state.reports.stageMs);
    expect(await poll()).toBe("Job Completed 100");
  });

  it("may be unknown at the first poll", async () => {
    const { sim, get, id, poll } = await aReport();
    sim.state.reports.firstPollRace = true;
    expect((await get(`/${id}`)).body.error).toMatchObject({ code: 100, error_subcode: 33 });
    expect(await poll()).toBe("Job Started 0");
  });

  it("holds the same rows as the sync call of the moment it was asked for", async () => {
    const { sim, all, id } = await aReport();
    const sync = await all(`${clinic}/insights?${new URLSearchParams(QUERY)}`);
    sim.clock.advance(10 * 60_000);
    expect(await all(`/${id}/insights?limit=7`)).toEqual(sync);
  });

  it("cannot be read before it is complete, after thirty days, or by someone else", async () => {
    const { sim, get, id } = await aReport();
    expect((await get(`/${id}/insights`)).body.error.code).toBe(2601);
    sim.clock.advance(3_600_000);
    expect((await get(`/${id}/insights`)).status).toBe(200);
    const stranger = sim.issueToken({ personId: demoBusiness.personIds.stranger }).value;
    expect((await get(`/${id}/insights`, { token: stranger })).body.error.code).toBe(2601);
    sim.clock.advance(31 * DAY_MS);
    expect((await get(`/${id}`)).body.error.code).toBe(2601);
  });

  it("can fail with its reasons, or be skipped", async () => {
    expect(await outcomes("fail")).toMatchObject({
      async_status: "Job Failed",
      error_code: -2,
      error_subcode: 2490547,
    });
    expect(await outcomes("skip")).toMatchObject({ async_status: "Job Skipped", async_percent_completion: 0 });
  });

  it("accepts a JSON body and checks the query when it is asked for", async () => {
    const { post } = aSimulator();
    const body = JSON.stringify({
      level: "campaign",
      fields: "spend",
      time_range: { since: "2020-01-01", until: "2020-01-02" },
    });
    const answer = await post(`${clinic}/insights`, {}, { body, headers: { "content-type": "application/json" } });
    expect(answer.body.error.code).toBe(3018);
  });
});
