import { afterAll, beforeAll, describe, expect, it, test } from "vitest";
import { aHouse, type House, sendTo } from "../../support/house.ts";
import { aPerson, as, aSessionToken, type Person } from "../../support/people.ts";
import { aCrm } from "../leads/crm.ts";
import type { Json } from "../../support/json.ts";

let house: House;
beforeAll(async () => {
  house = await aHouse();
});
afterAll(() => house.stop());

const rate = (more: Json = {}) => ({ date: "2026-11-20", base: "USD", quote: "ARS", rate: "1480.25", ...more });

async function sendCsv(
  tenantId: number,
  text: string,
  { type = "text/csv; charset=utf-8", headers = {}, by = undefined as Person | undefined } = {},
) {
  const person = by ?? (await aPerson(house, { tenantId }));
  const authorization = `Bearer ${await aSessionToken(person, { now: house.clock.now() })}`;
  const answer = await sendTo(house.app, "/crm/fx-rates", {
    method: "POST",
    headers: { authorization, "content-type": type, ...headers },
    body: text,
  });
  return { status: answer.status, ...((await answer.json()) as Json) } as Json;
}

describe("POST /crm/fx-rates", () => {
  it("stores one, a list or a list under its name; a pair has one rate a day, the last one sent", async () => {
    const crm = await aCrm(house);
    expect(await crm.post("/crm/fx-rates", rate())).toMatchObject({
      status: 200,
      data: { created: 1, updated: 0, unchanged: 0 },
    });
    const more = { rates: [rate(), rate({ rate: 1500.5, source: "BCRA" }), rate({ date: "2026-11-21" })].slice(1) };
    expect(await crm.post("/crm/fx-rates", more)).toMatchObject({ data: { created: 1, updated: 1, unchanged: 0 } });
    expect(await crm.post("/crm/fx-rates", more.rates)).toMatchObject({
      data: { created: 0, updated: 0, unchanged: 2 },
    });
    expect((await crm.get("/crm/fx-rates"))["data"]).toEqual([
      { date: "2026-11-21", base: "USD", quote: "ARS", rate: "1480.25", source: "manual" },
      { date: "2026-11-20", base: "USD", quote: "ARS", rate: "1500.5", source: "BCRA" },
    ]);
  });

  it("renews what was answered before", async () => {
    const crm = await aCrm(house);
    const version = async () => (await crm.rows("answer_versions"))[0]?.["version"] as string | undefined;
    await crm.post("/crm/fx-rates", rate());
    const first = await version();
    await crm.post("/crm/fx-rates", rate({ rate: "2" }));
    expect(Number(await version())).toBeGreaterThan(Number(first));
  });

  it("keeps twelve decimals exactly", async () => {
    const crm = await aCrm(house);
    await crm.post("/crm/fx-rates", [
      rate({ rate: "0.000000000001" }),
      rate({ rate: "123456789012345678.123456789012", date: "2026-11-21" }),
    ]);
    expect((await crm.get("/crm/fx-rates"))["data"].map((row: Json) => row["rate"])).toEqual([
      "123456789012345678.123456789012",
      "0.000000000001",
    ]);
  });

  test.each([
    [{ rate: "0" }, "rate"],
    [{ rate: "-1" }, "rate"],
    [{ rate: 0 }, "rate"],
    [{ rate: "1e3" }, "rate"],
    [{ rate: "1,5" }, "rate"],
    [{ rate: "1.0000000000001" }, "rate"],
    [{ rate: undefined }, "rate"],
    [{ quote: "USD" }, "quote"],
    [{ base: "PESO" }, "base"],
    [{ base: "usd" }, "base"],
    [{ date: "2026-02-30" }, "date"],
    [{ date: "20/11/2026" }, "date"],
    [{ ratio: 1 }, ""],
  ])("refuses %j by name, and all that came with it", async (wrong, field) => {
    const crm = await aCrm(house);
    expect(await crm.post("/crm/fx-rates", [rate({ date: "2026-11-19" }), rate(wrong)])).toMatchObject({
      status: 422,
      error: { code: "request.invalid", details: { problems: [{ index: 1, field }] } },
    });
    expect(await crm.rows("fx_rates")).toEqual([]);
  });

  it("one day of a pair twice in a request is refused", async () => {
    const crm = await aCrm(house);
    expect(await crm.post("/crm/fx-rates", [rate(), rate({ rate: "2" })])).toMatchObject({
      status: 422,
      error: { details: { problems: [{ index: 1, field: "date" }] } },
    });
  });

  it("takes 500 at once", async () => {
    const crm = await aCrm(house);
    const rates = Array.from({ length: 500 }, (_, index) =>
      rate({ date: new Date(Date.UTC(2025, 0, 1 + index)).toISOString().slice(0, 10), rate: String(1000 + index) }),
    );
    const startedAt = performance.now();
    expect(await crm.post("/crm/fx-rates", { rates })).toMatchObject({ data: { created: 500 } });
    console.log(`500 rates: ${Math.round(performance.now() - startedAt)} ms`);
    expect(await crm.post("/crm/fx-rates", { rates: [...rates, rate({ base: "EUR" })] })).toMatchObject({
      status: 422,
    });
  });

  it("is for those who write to the CRM, and one's own: a neighbour's rates are not seen", async () => {
    const [crm, neighbour] = [await aCrm(house), await aCrm(house)];
    await neighbour.post("/crm/fx-rates", rate());
    expect(await crm.get("/crm/fx-rates")).toMatchObject({ status: 200, data: [], total: 0 });
    const viewer = as(house, await aPerson(house, { tenantId: crm.tenantId, role: "viewer" }));
    expect((await viewer.post("/crm/fx-rates", rate())).status).toBe(403);
    expect((await viewer.get("/crm/fx-rates")).status).toBe(200);
  });
});

describe("a CSV of rates", () => {
  it("is stored whole: comma or semicolon, any order of columns, quotes, a byte order mark, blank lines", async () => {
    const crm = await aCrm(house);
    const first =
      '\uFEFFdate,base,quote,rate,source\r\n2026-11-20,USD,ARS,1480.25,"BCRA, ""A"""\r\n\r\n2026-11-21,USD,ARS,1481,\r\n';
    expect(await sendCsv(crm.tenantId, first)).toMatchObject({ status: 200, data: { created: 2 } });
    const second = "Quote;Base;Date;Rate\nARS;EUR;2026-11-20;1600.5\nARS;USD;2026-11-20;1490";
    expect(await sendCsv(crm.tenantId, second, { type: "text/csv" })).toMatchObject({
      status: 200,
      data: { created: 1, updated: 1 },
    });
    expect(await crm.rows("fx_rates", "base, day")).toMatchObject([
      { base: "EUR", rate: "1600.500000000000", source: "manual" },
      { base: "USD", rate: "1490.000000000000", source: "manual" },
      { base: "USD", rate: "1481.000000000000" },
    ]);
  });

  it("acts once for one Idempotency-Key", async () => {
    const crm = await aCrm(house);
    const by = await aPerson(house, { tenantId: crm.tenantId });
    const send = (text: string) => sendCsv(crm.tenantId, text, { by, headers: { "Idempotency-Key": "k" } });
    const text = "date,base,quote,rate\n2026-11-20,USD,ARS,1480";
    expect(await send(text)).toMatchObject({ status: 200, data: { created: 1 } });
    expect(await send(text)).toMatchObject({ status: 200, data: { created: 1 } });
    expect(await send(`${text}1`)).toMatchObject({ status: 422, error: { code: "idempotency.mismatch" } });
  });

  it("takes 5000 lines and no more", async () => {
    const crm = await aCrm(house);
    const lines = Array.from({ length: 5_000 }, (_, index) => {
      const day = new Date(Date.UTC(2015, 0, 1 + (index % 2_500))).toISOString().slice(0, 10);
      return `${day},${index < 2_500 ? "USD" : "EUR"},ARS,${1 + index}`;
    });
    const text = ["date,base,quote,rate", ...lines].join("\n");
    const startedAt = performance.now();
    expect(await sendCsv(crm.tenantId, text)).toMatchObject({ status: 200, data: { created: 5_000 } });
    console.log(`5000 lines of rates: ${Math.round(performance.now() - startedAt)} ms`);
    const tooMany = await sendCsv(crm.tenantId, `${text}\n2026-11-20,BRL,ARS,1`);
    expect(tooMany).toMatchObject({ status: 422, error: { details: { problems: [{ line: 5_002 }] } } });
  });

  it("with lines that do not fit stores nothing and names them, never what stands in them", async () => {
    const crm = await aCrm(house);
    const text = [
      "date,base,quote,rate",
      "2026-11-20,USD,ARS,1480",
      "2026-11-21,USD,ARS,palabra",
      "",
      "2026-11-22,USD,ARS",
      "2026-11-20,USD,ARS,1481",
      '2026-11-23,USD,ARS,"1',
    ].join("\n");
    const answer = await sendCsv(crm.tenantId, text);
    expect(answer).toMatchObject({ status: 422, error: { code: "request.invalid", details: { total: 3 } } });
    expect(answer["error"]["details"]["problems"].map(({ line, field }: Json) => [line, field])).toEqual([
      [3, "rate"],
      [5, ""],
      [7, ""],
    ]);
    expect(JSON.stringify(answer)).not.toContain("palabra");
    const twice = await sendCsv(
      crm.tenantId,
      text
        .split("\n")
        .filter((_, index) => [0, 1, 5].includes(index))
        .join("\n"),
    );
    expect(twice).toMatchObject({ status: 422, error: { details: { problems: [{ line: 3, field: "date" }] } } });
    expect(await crm.rows("fx_rates")).toEqual([]);
  });

  test.each([
    [""],
    ["date,base,quote,rate"],
    ["date,base,quote\n1,2,3"],
    ["date,base,quote,rate,rate\n1,2,3,4,5"],
    ["date,base,quote,rate,extra\n1,2,3,4,5"],
  ])("without a fitting header, or without rates, is refused (%#)", async (text) => {
    const crm = await aCrm(house);
    expect(await sendCsv(crm.tenantId, text)).toMatchObject({ status: 422, error: { code: "request.invalid" } });
  });
});

describe("GET /crm/fx-rates", () => {
  it("answers the newest first, narrowed by pair and days, in pages that join without a gap", async () => {
    const crm = await aCrm(house);
    const days = Array.from({ length: 7 }, (_, index) => `2026-11-0${index + 1}`);
    await crm.post(
      "/crm/fx-rates",
      days.flatMap((date) => [
        rate({ date }),
        rate({ date, base: "EUR" }),
        rate({ date, base: "ARS", quote: "USD", rate: "0.001" }),
      ]),
    );
    const whole = await crm.get("/crm/fx-rates?limit=200");
    expect(whole).toMatchObject({ total: 21, next_cursor: null });
    const pages: Json[] = [];
    let cursor = "";
    do {
      const page = await crm.get(`/crm/fx-rates?limit=4${cursor && `&cursor=${cursor}`}`);
      expect(page["total"]).toBe(21);
      pages.push(...page["data"]);
      cursor = page["next_cursor"] ?? "";
    } while (cursor !== "");
    expect(pages).toEqual(whole["data"]);
    expect((await crm.get("/crm/fx-rates?limit=4&offset=8"))["data"]).toEqual(whole["data"].slice(8, 12));
    const narrow = await crm.get("/crm/fx-rates?base=USD&quote=ARS&since=2026-11-02&until=2026-11-04");
    expect(narrow).toMatchObject({
      total: 3,
      data: [{ date: "2026-11-04" }, { date: "2026-11-03" }, { date: "2026-11-02" }],
    });
  });

  test.each(["limit=0", "limit=201", "base=PESO", "since=ayer", "cursor=x"])("refuses %s", async (query) => {
    const crm = await aCrm(house);
    expect(await crm.get(`/crm/fx-rates?${query}`)).toMatchObject({ status: 422, error: { code: "request.invalid" } });
  });
});
