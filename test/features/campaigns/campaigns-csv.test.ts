import { afterAll, beforeAll, describe, expect, it, test } from "vitest";
import { aHouse, type House } from "../../support/house.ts";
import { aPerson, as, aTenant } from "../../support/people.ts";
import { aConnection, aLead, anAccount, refreshFacts } from "../facts/scene.ts";

let house: House;
let asAna: ReturnType<typeof as>;
let asNeighbour: ReturnType<typeof as>;

beforeAll(async () => {
  house = await aHouse();
  const tenantId = await aTenant(house);
  await anAccount(house.sql, tenantId, await aConnection(house.sql, tenantId), {
    id: "111",
    isPrimary: true,
    campaigns: [
      { id: "c1", name: '=HYPERLINK("http://evil.example")' },
      { id: "c2", name: 'Día, "grande"\n2' },
      { id: "c3", name: "Sin nada" },
    ],
    insights: [
      { day: "2026-11-20", spend: "60.25", campaign: "c1", impressions: 1000, clicks: 10 },
      { day: "2026-11-21", spend: "20", campaign: "c2" },
    ],
    covered: { account: "{[2023-10-24,2026-11-23)}", campaign: "{[2023-10-24,2026-11-19),[2026-11-20,2026-11-23)}" },
  });
  await aLead(house.sql, tenantId, {
    at: "2026-11-20T15:00:00Z",
    campaign: "c1",
    wonAt: "2026-11-20T15:00:00Z",
    sales: [{ day: "2026-11-20", amount: "500" }],
  });
  await refreshFacts(house.sql, tenantId);
  asAna = as(house, await aPerson(house, { tenantId }));
  asNeighbour = as(house, await aPerson(house));
});
afterAll(() => house.stop());

const range = "since=2026-11-18&until=2026-11-21";

/** Preamble by name, header, and the lines by column: quotes and line breaks are only in the name of c2. */
async function download(path: string, headers?: Record<string, string>) {
  const answer = await asAna.get(`/crm/marketing/${path}`, headers);
  const text = await answer.text();
  expect([answer.status, answer.headers.get("content-type")], text).toEqual([
    200,
    "text/csv; charset=utf-8; header=present",
  ]);
  const lines = text.replace('"Día, ""grande""\n2"', "DIA").split("\r\n");
  const at = lines.findIndex((line) => /^(id|date),/.test(line));
  const cells = (line: string) => line.match(/("([^"]|"")*"|[^,]*)(,|$)/g)?.map((cell) => cell.replace(/,$/, "")) ?? [];
  const header = (lines[at] ?? "").split(",");
  return {
    answer,
    preamble: Object.fromEntries(lines.slice(0, at).map((line) => line.replace("\uFEFF", "").split(",").slice(0, 2))),
    rows: lines
      .slice(at + 1, -1)
      .map((line): Record<string, string> =>
        Object.fromEntries(header.map((name, column) => [name, cells(line)[column] ?? ""])),
      ),
  };
}

describe("campaigns as a file", () => {
  test.each([
    ["by its path", `campaigns.csv?${range}`, undefined],
    ["by Accept", `campaigns?${range}`, { accept: "text/csv" }],
  ])("%s", async (_, path, headers) => {
    const { answer, preamble, rows } = await download(path, headers);
    expect(answer.headers.get("content-disposition")).toBe(
      'attachment; filename="campaigns-2026-11-18-2026-11-21.csv"',
    );
    expect(answer.headers.get("cache-control")).toBe("private, no-store");
    expect(preamble).toMatchObject({
      report: "campaigns",
      since: "2026-11-18",
      until: "2026-11-21",
      time_zone: "America/Argentina/Buenos_Aires",
      currency: "ARS",
      basis: "cash",
      model: "last_paid_touch",
      touch_window_days: "lifetime",
      generated_at: "2026-11-23T15:00:00.000Z",
    });
    expect(rows.slice(0, 3)).toMatchObject([
      { id: "c1", spend: "60.25", revenue: "500", leads: "1", won: "1", roi_percentage: "729.88", currency: "ARS" },
      { id: "c2", name: "DIA", spend: "20" },
      { id: "c3", name: "Sin nada", spend: "0", roi_percentage: "", cpl: "" },
    ]);
    expect(rows[0]?.["name"]).toMatch(/^"'=HYPERLINK/);
  });

  it("holds the whole list, whatever the page, in the order and under the filter that were asked for", async () => {
    const ids = async (query: string) => (await download(`campaigns.csv?${range}&${query}`)).rows.map(({ id }) => id);
    expect(await ids("limit=1&offset=2")).toEqual(["c1", "c2", "c3"]);
    expect(await ids("sort=spend&direction=asc&search=grande")).toEqual(["c2"]);
  });

  it("says the basis, model and window that were asked for", async () => {
    const { preamble } = await download(`campaigns.csv?${range}&basis=cohort&model=linear&window=28`);
    expect(preamble).toMatchObject({ basis: "cohort", model: "linear", touch_window_days: "28" });
  });
});

describe("the days of a campaign as a file", () => {
  it("leave what is not known empty, and say zero where it is known", async () => {
    const { preamble, rows } = await download(`campaigns/c1/insights.csv?${range}`);
    expect(preamble).toMatchObject({ report: "campaign insights", campaign_id: "c1", currency: "ARS" });
    expect(rows).toMatchObject([
      { date: "2026-11-18", spend: "0", impressions: "0", partial: "false" },
      { date: "2026-11-19", spend: "", impressions: "", clicks: "", leads: "0", partial: "true" },
      { date: "2026-11-20", spend: "60.25", impressions: "1000", revenue: "500", roi_percentage: "729.88" },
      { date: "2026-11-21", spend: "0" },
    ]);
  });

  it("are those of one's own campaigns only", async () => {
    for (const path of ["campaigns/c1/insights.csv", "campaigns/ghost/insights.csv"]) {
      const answer = await asNeighbour.get(`/crm/marketing/${path}`);
      expect([answer.status, answer.headers.get("content-type")]).toEqual([404, "application/json"]);
    }
  });
});

it("a file is not asked for with a name that is no path of ours", async () => {
  expect((await asAna.get("/crm/marketing/campaigns/c1.csv")).status).toBe(404);
});

it("a wrong question is an error and no file", async () => {
  const answer = await asAna.get("/crm/marketing/campaigns.csv?time_range=last_7d");
  expect([answer.status, answer.headers.get("content-type")]).toEqual([422, "application/json"]);
});

describe("pages of campaigns", () => {
  const page = async (query: string) => {
    const answer = await asAna.get(`/crm/marketing/campaigns?${range}&${query}`);
    expect(answer.status).toBe(200);
    return (await answer.json()) as { data: { id: string }[]; total: number; next_cursor: string | null };
  };

  it("follow one another by cursor, to the last", async () => {
    const first = await page("limit=2");
    expect([first.data.map(({ id }) => id), first.total]).toEqual([["c1", "c2"], 3]);
    const second = await page(`limit=2&cursor=${first.next_cursor}`);
    expect([second.data.map(({ id }) => id), second.total, second.next_cursor]).toEqual([["c3"], 3, null]);
  });

  it("begin with no cursor of another list", async () => {
    const answer = await asAna.get("/crm/marketing/campaigns?cursor=WzEsImxvZ3MiLDFd");
    expect(answer.status).toBe(422);
  });
});
