import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { days } from "../../support/clock.ts";
import { aHouse, type House } from "../../support/house.ts";
import { aPerson, as, type Person } from "../../support/people.ts";

let house: House;
let owner: Person;
let seller: Person;

/** Three changes on three days, one of them refused. */
beforeAll(async () => {
  house = await aHouse();
  owner = await aPerson(house);
  seller = await aPerson(house, { tenantId: owner.tenantId, role: "setter" });
  await as(house, owner).patch("/crm/marketing/settings", { locale: "es-AR" });
  house.clock.advance(days(1));
  await as(house, seller).patch("/crm/marketing/settings", { locale: "en" });
  house.clock.advance(days(1));
  await as(house, owner).post("/crm/leads", { external_id: "A" });
});
afterAll(() => house.stop());

type Row = { seq: number; actor: string; action: string; outcome: string; occurred_at: string };

async function list(query: string): Promise<{ data: Row[]; total: number; next_cursor: string | null }> {
  const answer = await as(house, owner).get(`/crm/audit?${query}`);
  expect(answer.status, await answer.clone().text()).toBe(200);
  return (await answer.json()) as { data: Row[]; total: number; next_cursor: string | null };
}

describe("GET /crm/audit", () => {
  it("lists the newest first, and each filter keeps what fits", async () => {
    const writes = (await list("action=/crm/")).data.filter(({ action }) => !action.startsWith("GET"));
    expect(writes.map(({ seq, outcome }) => [seq, outcome])).toEqual([
      [3, "success"],
      [2, "refused"],
      [1, "success"],
    ]);
    const seqs = async (query: string) => (await list(`action=P&${query}`)).data.map(({ seq }) => seq);
    const at = writes[1]?.occurred_at ?? "";
    expect(await seqs(`actor=${seller.userId}`)).toEqual([2]);
    expect(await seqs(`actor=user:${owner.userId}`)).toEqual([3, 1]);
    expect((await list("action=leads")).data.map(({ seq }) => seq)).toEqual([3]);
    expect(await seqs("outcome=refused")).toEqual([2]);
    expect(await seqs("target=nothing")).toEqual([]);
    expect((await list(`action=settings&since=${at}`)).data.map(({ seq }) => seq)).toEqual([2]);
    expect((await list(`action=settings&until=${at}`)).data.map(({ seq }) => seq)).toEqual([1]);
    // 12:00 UTC is the same day in Buenos Aires: a day is included whole.
    const day = at.slice(0, 10);
    expect((await list(`action=settings&since=${day}&until=${day}`)).data.map(({ seq }) => seq)).toEqual([2]);
  });

  it("pages by cursor and by offset", async () => {
    const first = await list("action=settings&limit=1");
    expect([first.total, first.data[0]?.seq]).toEqual([2, 2]);
    const next = await list(`action=settings&limit=1&cursor=${first.next_cursor}`);
    expect([next.data[0]?.seq, next.next_cursor]).toEqual([1, null]);
    expect((await list("action=settings&limit=1&offset=1")).data[0]?.seq).toBe(1);
  });

  it("comes as CSV", async () => {
    const answer = await as(house, owner).get("/crm/audit.csv?action=leads");
    expect(answer.headers.get("content-type")).toMatch(/^text\/csv/);
    const lines = (await answer.text()).trim().split("\r\n");
    expect(lines.at(-2)).toMatch(/^occurred_at,seq,actor,role,action,.*,diff,hash$/);
    expect(lines.at(-1)).toMatch(/,3,user:.*,ceo,POST \/crm\/leads.*"\{""leads"":1,.*,[0-9a-f]{64}$/);
  });

  it("is for owners, and refuses what is no day", async () => {
    expect((await as(house, seller).get("/crm/audit")).status).toBe(403);
    expect((await as(house, owner).get("/crm/audit?since=ayer")).status).toBe(422);
  });
});
