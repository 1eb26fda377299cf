// Credits of leads written by hand. Touches are numbered as they are written; a share is "number: weight".
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { View } from "../../oracle/business.ts";
import { type ByHand, businessByHand, SUBJECTS, touchOf } from "../../oracle/credits-by-hand.ts";
import { insertBusinesses, insertTouches } from "../../oracle/insert-business.ts";
import { aDatabase, type Database } from "../../support/database.ts";

let db: Database;
let lastTenant = 0;
beforeAll(async () => {
  db = await aDatabase();
});
afterAll(() => db.stop());

async function aTenantWith(given: ByHand): Promise<number> {
  const tenantId = (lastTenant += 1);
  await insertBusinesses(db.sql, [{ tenantId, business: businessByHand(given) }]);
  return tenantId;
}

async function sharesOf(tenantId: number, { model, window }: View, subject: keyof typeof SUBJECTS = "sale") {
  const rows = await db.sql<{ share: string }>(
    `SELECT concat(right(c.touchpoint_id::text, 2)::integer, ': ', trim_scale(c.weight)) AS share FROM attribution_credits c
     JOIN touchpoints t ON t.tenant_id = c.tenant_id AND t.id = c.touchpoint_id
     WHERE c.tenant_id = $1 AND c.subject = $2 AND c.subject_id = $3 AND c.views & attribution_view($4, $5) <> 0 ORDER BY t.occurred_at, t.id`,
    [tenantId, subject, SUBJECTS[subject], model, window],
  );
  return rows.map(({ share }) => share);
}

const lifetime = (model: View["model"]): View => ({ model, window: null });
const hourly = (count: number) =>
  Array.from({ length: count }, (_, i) => `03-01T${String(i).padStart(2, "0")}:00:00Z ctwa c${i} a${i}`);

const organicPaidDirect = ["03-01T12:00:00Z organic", "03-02T12:00:00Z ctwa c1 a1", "03-03T12:00:00Z direct"];
const sameAdTwice = ["03-01T12:00:00Z ctwa c1 a1", "03-01T13:00:00Z ctwa c1 a2", "03-01T14:00:00Z ctwa c1 a1"];

describe("who gets how much of a sale", () => {
  it.each<[string, string[], View["model"], string[]]>([
    ["the earliest", organicPaidDirect, "first_touch", ["0: 1"]],
    ["the latest", organicPaidDirect, "last_touch", ["2: 1"]],
    ["the latest that was paid", organicPaidDirect, "last_paid_touch", ["1: 1"]],
    [
      "without a paid one the latest",
      ["03-01T12:00:00Z organic", "03-03T12:00:00Z direct"],
      "last_paid_touch",
      ["1: 1"],
    ],
    [
      "thirds: the earliest has the odd millionth",
      organicPaidDirect,
      "linear",
      ["0: 0.333334", "1: 0.333333", "2: 0.333333"],
    ],
    ["sevenths", hourly(7), "linear", ["0: 0.142858", ...[1, 2, 3, 4, 5, 6].map((place) => `${place}: 0.142857`)]],
    ["a source that came twice, once, at its earliest", sameAdTwice, "linear", ["0: 0.5", "1: 0.5"]],
    ["position counts it twice", sameAdTwice, "position", ["0: 0.4", "1: 0.2", "2: 0.4"]],
    ["position of one", hourly(1), "position", ["0: 1"]],
    ["position of two", hourly(2), "position", ["0: 0.5", "1: 0.5"]],
    ["position of three", hourly(3), "position", ["0: 0.4", "1: 0.2", "2: 0.4"]],
    ["position of five", hourly(5), "position", ["0: 0.4", "1: 0.066667", "2: 0.066667", "3: 0.066666", "4: 0.4"]],
  ])("%s", async (_, touches, model, expected) => {
    expect(await sharesOf(await aTenantWith({ touches, sold: "03-10" }), lifetime(model))).toEqual(expected);
  });
});

const first: View = lifetime("first_touch");
const last: View = lifetime("last_touch");
const twice = (minutes: string) => ["03-01T12:00:00Z ctwa c1 a1", `03-01T${minutes}Z ctwa c1 a1`];

describe("which touches count for a sale", () => {
  it.each<[string, ByHand & { view: View }, string[]]>([
    [
      "of two at the same instant the smaller id is the earlier",
      { touches: ["03-01T12:00:00Z ctwa c1", "03-01T12:00:00Z ctwa c2"], view: first },
      ["0: 1"],
    ],
    [
      "and the greater the later",
      { touches: ["03-01T12:00:00Z ctwa c1", "03-01T12:00:00Z ctwa c2"], view: last },
      ["1: 1"],
    ],
    ["the same ad thirty minutes later is the same touch", { touches: twice("12:30:00"), view: last }, ["0: 1"]],
    ["a microsecond more, and it is another", { touches: twice("12:30:00.000001"), view: last }, ["1: 1"]],
    [
      "every twenty minutes is one touch, however long it goes on",
      { touches: [...twice("12:20:00"), "03-01T12:40:00Z ctwa c1 a1"], view: last },
      ["0: 1"],
    ],
    [
      "another ad in between does not part them",
      {
        touches: ["03-01T12:00:00Z ctwa c1 a1", "03-01T12:05:00Z ctwa c1 a2", "03-01T12:10:00Z ctwa c1 a1"],
        view: last,
      },
      ["1: 1"],
    ],
    ["on the instant it was sold", { touches: hourly(1), sold: "03-01T00:00:00Z", view: last }, ["0: 1"]],
    ["not a microsecond after", { touches: ["03-01T00:00:00.000001Z ctwa"], sold: "03-01T00:00:00Z", view: last }, []],
    [
      "seven days before, to the microsecond",
      { touches: ["03-01T12:00:00Z ctwa"], sold: "03-08T12:00:00Z", view: { model: "last_touch", window: 7 } },
      ["0: 1"],
    ],
    [
      "not a microsecond earlier",
      { touches: ["03-01T11:59:59.999999Z ctwa"], sold: "03-08T12:00:00Z", view: { model: "last_touch", window: 7 } },
      [],
    ],
    [
      "which the longer window has",
      { touches: ["03-01T11:59:59.999999Z ctwa"], sold: "03-08T12:00:00Z", view: { model: "last_touch", window: 28 } },
      ["0: 1"],
    ],
    ["until the day ends where the tenant lives", { touches: ["03-11T02:59:59.999999Z ctwa"], view: last }, ["0: 1"]],
    ["not on the next day there", { touches: ["03-11T03:00:00Z ctwa"], view: last }, []],
    [
      "not in the hour after a midnight that comes twice",
      { touches: ["10-25T00:30:00Z ctwa"], sold: "10-24", timezone: "Atlantic/Azores", view: last },
      [],
    ],
    [
      "until the customer was won, if that was before the sale",
      { touches: ["03-01T12:00:00Z ctwa c1", "03-05T12:00:00Z ctwa c2"], won: "03-04T12:00:00Z", view: last },
      ["0: 1"],
    ],
  ])("%s", async (_, { view, ...given }, expected) => {
    expect(await sharesOf(await aTenantWith({ sold: "03-10", ...given }), view)).toEqual(expected);
  });

  it("whatever time zone the session of the database is in", async () => {
    // Clocks in New York jump on 8 March: seven days there are 167 hours.
    const tenantId = await aTenantWith({ touches: ["03-03T12:00:00Z ctwa"], sold: "03-10T12:00:00Z" });
    await db.sql(`BEGIN; SET LOCAL timezone = 'America/New_York';
      UPDATE sales_transactions SET frozen_at = NULL WHERE tenant_id = ${tenantId};
      SELECT rebuild_facts(${tenantId}); COMMIT`);
    expect(await sharesOf(tenantId, { model: "last_touch", window: 7 })).toEqual(["0: 1"]);
  });
});

describe("what is won or sold is frozen", () => {
  const settle = (tenantId: number) => db.sql("SELECT settle_outcomes($1)", [tenantId]);
  const touches = ["03-02T12:00:00Z ctwa c1 a1", "03-04T12:00:00Z ctwa c2 a2"];
  const arrive = async (tenantId: number, line: string) => {
    const business = { ...businessByHand({ touches: [] }), touches: [touchOf(line, 9)] };
    await insertTouches(db.sql, [{ tenantId, business }]);
    await settle(tenantId);
  };

  it.each(["03-06T12:00:00Z ctwa c3", "03-01T12:00:00Z ctwa c3", "03-03T12:00:00Z ctwa c3"])(
    "a touch of %s that is told of later moves nothing, nor does a rebuild",
    async (line) => {
      const tenantId = await aTenantWith({ touches, sold: "03-10", won: "03-09T12:00:00Z" });
      await arrive(tenantId, line);
      await db.sql("SELECT rebuild_facts($1)", [tenantId]);
      for (const subject of ["lead", "opportunity", "sale"] as const) {
        expect(await sharesOf(tenantId, last, subject)).toEqual(["1: 1"]);
        expect(await sharesOf(tenantId, first, subject)).toEqual(["0: 1"]);
      }
    },
  );

  it("what is open follows its touches", async () => {
    const tenantId = await aTenantWith({ touches });
    expect(await sharesOf(tenantId, last, "lead")).toEqual(["1: 1"]);
    await arrive(tenantId, "03-06T12:00:00Z ctwa c3");
    expect(await sharesOf(tenantId, last, "lead")).toEqual(["9: 1"]);
  });

  it("what is open again thaws, with its lead, and is frozen anew when it is won again", async () => {
    const tenantId = await aTenantWith({ touches, won: "03-05T12:00:00Z" });
    await arrive(tenantId, "03-06T12:00:00Z ctwa c3");
    expect(await sharesOf(tenantId, last, "opportunity")).toEqual(["1: 1"]);
    await db.sql("UPDATE opportunities SET stage = 'proposal', closed_at = NULL WHERE tenant_id = $1", [tenantId]);
    await settle(tenantId);
    expect(await sharesOf(tenantId, last, "opportunity")).toEqual(["9: 1"]);
    expect(await sharesOf(tenantId, last, "lead")).toEqual(["9: 1"]);
    await db.sql(
      "UPDATE opportunities SET stage = 'closed_won', closed_at = '2026-03-03T12:00:00Z' WHERE tenant_id = $1",
      [tenantId],
    );
    await settle(tenantId);
    expect(await sharesOf(tenantId, last, "opportunity")).toEqual(["0: 1"]);
    expect(await sharesOf(tenantId, last, "lead")).toEqual(["0: 1"]);
  });

  it("a sale that failed after all has no credits, and its lead is open again", async () => {
    const tenantId = await aTenantWith({ touches, sold: "03-03" });
    expect(await sharesOf(tenantId, last, "lead")).toEqual(["0: 1"]);
    await db.sql("UPDATE sales_transactions SET payment_status = 'failed' WHERE tenant_id = $1", [tenantId]);
    await settle(tenantId);
    expect(await sharesOf(tenantId, last)).toEqual([]);
    expect(await sharesOf(tenantId, last, "lead")).toEqual(["1: 1"]);
  });
});
