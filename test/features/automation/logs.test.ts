import { afterAll, beforeAll, describe, expect, it, test } from "vitest";
import { aHouse, type House } from "../../support/house.ts";
import { aMarketer } from "../templates/scene.ts";
import { aLog } from "./scene.ts";
import type { Json } from "../../support/json.ts";

let house: House;

beforeAll(async () => {
  house = await aHouse();
});
afterAll(() => house.stop());

const logs = "/crm/marketing/automation-logs";
const ids = ({ data }: Json) => data.map(({ id }: Json) => id);

describe("the logs", () => {
  it("are the hundred newest, newest first, and how many there are", async () => {
    const { get, read, tenantId } = await aMarketer(house);
    await house.sql(
      `INSERT INTO automation_logs (tenant_id, created_at, status, trigger_type, trigger_data, action_type, action_config)
       SELECT $1, timestamptz '2026-11-23T14:00:00Z' - n * interval '1 minute', 'sent', 'lead_created', '{}', 'send_hsm', '{}' FROM generate_series(0, 249) n`,
      [tenantId],
    );
    const [status, body] = await read(get(logs));
    expect([status, body["data"].length, body["total"]]).toEqual([200, 100, 250]);
    const instants = body["data"].map((row: Json) => row["created_at"]);
    expect(instants).toEqual(instants.toSorted().toReversed());
    expect(instants[0]).toBe("2026-11-23T14:00:00.000Z");
    const [, last] = await read(get(`${logs}?limit=200&offset=200`));
    expect([last["data"].length, last["next_cursor"]]).toEqual([50, null]);
  });

  it("read by cursor are all there once, though their instants differ by a microsecond or not at all and new ones come", async () => {
    const { get, read, tenantId } = await aMarketer(house);
    const written: string[] = [];
    for (const micro of ["000001", "000002", "000002", "000002", "000003", "999999"])
      written.push(await aLog(house, tenantId, { at: `2026-11-23T14:00:00.${micro}Z` }));
    const seen: string[] = [];
    let next = "";
    for (let page = 0; page < 9; page += 1) {
      const [, body] = await read(get(`${logs}?limit=2${next}`));
      seen.push(...ids(body));
      if (body["next_cursor"] === null) break;
      next = `&cursor=${body["next_cursor"]}`;
      await aLog(house, tenantId, { at: "2026-11-23T14:30:00Z" });
    }
    expect(seen).toHaveLength(6);
    expect(new Set(seen)).toEqual(new Set(written));
  });

  test.each([
    ["status=sent", 2],
    ["status=SENT", 2],
    ["status=delivered", 1],
    ["status=failed", 3],
    ["status=success", 3],
    ["status=error", 2],
    ["status=skipped", 1],
    ["status=pending", 1],
    ["trigger_type=lead_recovery", 1],
    ["trigger_type=lead_recovery&status=failed", 0],
    ["rule_id=00000000-0000-4000-8000-000000000001", 1],
    ["", 6],
  ])("filtered by %j are %i", async (query, count) => {
    const { get, read, tenantId } = await aMarketer(house);
    await aLog(house, tenantId, { trigger: "lead_recovery" });
    await aLog(house, tenantId, { status: "success", ruleId: "00000000-0000-4000-8000-000000000001" });
    for (const status of ["delivered", "failed", "error", "skipped", "pending"])
      await aLog(house, tenantId, { status });
    const [status, body] = await read(get(`${logs}?${query}`));
    expect([status, body["data"].length, body["total"]]).toEqual([200, count, count]);
  });

  it("do not hold what has not ended, unless it is asked for", async () => {
    const { get, read, tenantId } = await aMarketer(house);
    const id = await aLog(house, tenantId, { status: "pending" });
    expect(await read(get(logs))).toMatchObject([200, { data: [], total: 0 }]);
    const [, { data }] = await read(get(`${logs}?status=pending`));
    expect(data).toMatchObject([{ id, status: "pending", result: null }]);
  });

  it("defect 154: name the lead as it was then, else as it is now, under both names", async () => {
    const { get, read, tenantId } = await aMarketer(house);
    const [lead] = await house.sql<{ id: string }>(
      "INSERT INTO leads (tenant_id, first_name, last_name) VALUES ($1, 'Bruno', 'Díaz') RETURNING id",
      [tenantId],
    );
    const leadId = lead?.id ?? "";
    await aLog(house, tenantId, { leadId, leadName: "Bruno", at: "2026-11-23T14:03:00Z" });
    await aLog(house, tenantId, { leadId, leadName: null, at: "2026-11-23T14:02:00Z" });
    await aLog(house, tenantId, { leadName: null, at: "2026-11-23T14:01:00Z" });
    const [, { data }] = await read(get(logs));
    expect(data.map((row: Json) => [row["lead_name"], row["patient_name"]])).toEqual([
      ["Bruno", "Bruno"],
      ["Bruno Díaz", "Bruno Díaz"],
      [null, null],
    ]);
  });

  test.each([
    "limit=0",
    "limit=201",
    "limit=abc",
    "offset=-1",
    "status=done",
    "rule_id=7",
    "trigger_type=%00",
    "cursor=abc",
  ])("%s is 422 by its name", async (query) => {
    const { get, read } = await aMarketer(house);
    const [status, body] = await read(get(`${logs}?${query}`));
    expect([status, body["error"].details.fields[0].field]).toEqual([422, query.split("=")[0]]);
  });

  it("use the index of the newest", async () => {
    const { get, tenantId } = await aMarketer(house);
    await house.sql(
      `INSERT INTO automation_logs (tenant_id, created_at, status, trigger_type, trigger_data, action_type, action_config)
       SELECT $1, timestamptz '2026-11-23' - n * interval '1 minute', 'sent', 'lead_created', '{}', 'send_hsm', '{}' FROM generate_series(1, 20000) n`,
      [tenantId],
    );
    await house.sql("ANALYZE automation_logs");
    expect((await get(`${logs}?limit=10`)).status).toBe(200);
    const plan = await house.sql<{ "QUERY PLAN": string }>(
      `EXPLAIN SELECT * FROM automation_logs WHERE tenant_id = ${tenantId} AND status NOT IN ('pending')
         AND (created_at, id) < ('2026-11-20'::timestamptz, '00000000-0000-4000-8000-000000000001'::uuid)
       ORDER BY created_at DESC NULLS LAST, id DESC NULLS LAST LIMIT 101`,
    );
    const lines = plan.map((row) => row["QUERY PLAN"]).join("\n");
    expect(lines).toMatch(/Index Scan using automation_logs_newest/);
    expect(lines).toMatch(/Index Cond: .*ROW\(created_at, id\) </);
    expect(lines).not.toMatch(/Sort/);
  });
});

describe("as CSV", () => {
  const text = async (answer: Promise<Response>) => {
    const { status, headers } = await answer;
    expect([status, headers.get("content-type")]).toEqual([200, "text/csv; charset=utf-8; header=present"]);
    return (await (await answer).text()).replace("\uFEFF", "");
  };

  test.each([
    ["Accept: text/csv", logs, { accept: "text/csv" }],
    [".csv", `${logs}.csv`, {}],
  ])("by %s they are all that fits, whatever the page", async (_, path, headers) => {
    const { get, tenantId } = await aMarketer(house);
    const id = await aLog(house, tenantId, {
      leadName: '=HYPERLINK("x")',
      error: "131047, fuera de hora",
      status: "failed",
    });
    await aLog(house, tenantId, { at: "2026-11-23T13:00:00Z" });
    await aLog(house, tenantId, { status: "pending" });
    const lines = (await text(get(`${path}?limit=1`, headers))).trimEnd().split("\r\n");
    expect(lines.slice(0, 4)).toEqual([
      "report,automation-logs,,,,,,,,,,",
      "generated_at,2026-11-23T15:00:00.000Z,,,,,,,,,,",
      "timezone,UTC,,,,,,,,,,",
      "created_at,lead_name,trigger_type,status,result,template_name,action_type,error_details,execution_time_ms,lead_id,rule_id,id",
    ]);
    expect(lines.slice(4)).toEqual([
      `2026-11-23T14:00:00.000Z,"'=HYPERLINK(""x"")",lead_created,failed,error,turno,send_hsm,"131047, fuera de hora",120,,,${id}`,
      expect.stringMatching(
        /^2026-11-23T13:00:00\.000Z,Ana Pérez,lead_created,sent,success,turno,send_hsm,,120,,,[\w-]+$/,
      ),
    ]);
  });

  it("say which filters they keep to", async () => {
    const { get, tenantId } = await aMarketer(house);
    await aLog(house, tenantId, { status: "delivered" });
    await aLog(house, tenantId, { status: "sent" });
    const csv = await text(get(`${logs}.csv?status=delivered`));
    expect(csv).toContain("status,delivered,");
    expect(csv.match(/^2026-11-23T14/gm)).toHaveLength(1);
  });

  it("are read page by page: 2 500 rows, each once", async () => {
    const { get, tenantId } = await aMarketer(house);
    await house.sql(
      `INSERT INTO automation_logs (tenant_id, created_at, status, trigger_type, trigger_data, action_type, action_config)
       SELECT $1, timestamptz '2026-11-23' - (n / 7) * interval '1 minute', 'sent', 'lead_created', '{}', 'send_hsm', '{}' FROM generate_series(1, 2500) n`,
      [tenantId],
    );
    const rows = (await text(get(`${logs}.csv`))).trimEnd().split("\r\n").slice(4);
    expect(rows).toHaveLength(2500);
    expect(new Set(rows.map((row) => row.split(",").at(-1))).size).toBe(2500);
  });

  it("hold nothing of a neighbour's", async () => {
    await aLog(house, (await aMarketer(house)).tenantId);
    const { get } = await aMarketer(house);
    expect((await text(get(`${logs}.csv`))).trimEnd().split("\r\n")).toHaveLength(4);
  });
});
