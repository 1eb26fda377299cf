// Invariants of the domain (e9) that hold of what is read; invariants-of-writes and invariants-of-answers have the others.
// 1 000 random businesses, each with a question about it, on PostgreSQL.
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { addDays } from "../../../src/lib/dates.ts";
import { add, type Decimal, parseDecimal, subtract, ZERO } from "../../../src/lib/money.ts";
import { models } from "../../oracle/business.ts";
import { calculateCampaignRoi } from "../../oracle/campaign-roi.ts";
import { ofAmount, toDecimal } from "../../oracle/fraction.ts";
import { draw, expectAll, seed } from "../../oracle/in-batches.ts";
import { aPopulation } from "../../oracle/population.ts";
import { campaignIds, type RandomBusiness } from "../../oracle/random-business.ts";
import { aRandomCase, type Case } from "../../oracle/random-case.ts";
import { readCampaignRoi } from "../../oracle/read-campaign-roi.ts";
import { difference } from "../../oracle/read-credits.ts";
import {
  expectedDailyOutcomes,
  expectedOutcomes,
  readDailyOutcomes,
  readOutcomes,
} from "../../oracle/read-outcomes.ts";
import { readState } from "../../oracle/read-state.ts";
import { type DatabaseTotals, readTotals, type TotalsAsked } from "../../oracle/read-totals.ts";
import { wholeCrm } from "../../oracle/whole-crm.ts";
import { aDatabase, type Database } from "../../support/database.ts";
import { many } from "../../support/full.ts";

const drawn = draw(aRandomCase);
const always = { since: "2024-01-01", until: "2027-12-31" };

let db: Database;
let placeAll: ReturnType<typeof aPopulation<RandomBusiness>>;
const stateAtFirst = new Map<number, string>();

const place = async (batch: readonly Case[]) => {
  const tenants = await placeAll(batch.map(({ business }) => business));
  const ids = tenants.map(({ tenantId }) => tenantId).filter((id) => !stateAtFirst.has(id));
  if (ids.length > 0) for (const [id, hash] of await readState(db.sql, ids)) stateAtFirst.set(id, hash);
  return batch.map((one, i) => ({ ...one, tenantId: tenants[i]?.tenantId ?? 0 }));
};

type Read = { asked: TotalsAsked; totals: DatabaseTotals };
const everyModel = new Map<Case, Read[]>();

/** Under each model, on the case's own basis and with its own window of touches, over all days. */
async function readEveryModel(batch: readonly Case[]): Promise<Read[][]> {
  const fresh = batch.filter((one) => !everyModel.has(one));
  const asked = (await place(fresh)).map(({ tenantId, view: { window }, basis }) =>
    models.map((model) => ({ tenantId, view: { model, window }, basis, ...always })),
  );
  const totals = await readTotals(db.sql, asked.flat());
  for (const [i, one] of fresh.entries()) {
    everyModel.set(
      one,
      (asked[i] ?? []).map((asked) => ({ asked, totals: totals.shift() ?? new Map() })),
    );
  }
  return batch.map((one) => everyModel.get(one) ?? []);
}

const lines = (totals: ReadonlyMap<string, string>) => [...totals].map(([name, amount]) => `${name} ${amount}`);

const within = ({ asked: { view, basis } }: Read, failure: Error | undefined) =>
  failure && new Error(`${view.model} ${view.window} ${basis}: ${failure.message}`);

const firstOf = (failures: (Error | undefined)[]) => failures.find((failure) => failure !== undefined);

describe(`invariants (seed ${seed})`, { timeout: 300_000 }, () => {
  beforeAll(async () => {
    db = await aDatabase();
    placeAll = aPopulation(db.sql);
    await expectAll(drawn, async (batch) => {
      await place(batch);
      return [];
    });
  }, 300_000);
  afterAll(() => db.stop());

  it("1. the credits of a sale are what it brought, less what was given back", async () => {
    let count = 0;
    await expectAll(drawn, async (batch) => {
      const reads = await readEveryModel(batch);
      return batch.map(({ business: { sales, refunds } }, i) => {
        const net = sales
          .filter(({ status }) => status === "completed")
          .map(({ id, amount }) => {
            const returned = refunds
              .filter(({ saleId }) => saleId === id)
              .reduce((sum, { amount }) => sum + amount, 0n);
            return `sale ${id} ${toDecimal(ofAmount(amount - returned), 6)}`;
          });
        count += net.length;
        const ofSales = ({ totals }: Read) => lines(totals).filter((line) => line.startsWith("sale "));
        return firstOf((reads[i] ?? []).map((read) => within(read, difference(net, ofSales(read)))));
      });
    });
    expect(count).toBeGreaterThan(many(1_000));
  });

  it("2. campaigns and what came from outside are the whole CRM, and so are accounts", async () => {
    await expectAll(drawn, async (batch) => {
      const reads = await readEveryModel(batch);
      return batch.map(({ business }, i) =>
        firstOf(
          (reads[i] ?? []).flatMap((read) =>
            ["campaign", "account"].map((level) => {
              const whole = lines(wholeCrm(business, read.asked.basis, always));
              return within(read, difference(whole, lines(together(read.totals, [level, "outside"]))));
            }),
          ),
        ),
      );
    });
  });

  it("6. on cash basis adjacent windows add up", async () => {
    await expectAll(drawn, async (batch) => {
      const cases = await place(batch);
      const asked = cases.flatMap(({ tenantId, business, view, since, until }) => {
        const middle = business.days.findLast((day) => day < until) ?? since;
        const cut = middle < since ? since : middle;
        const one = { tenantId, view, basis: "cash" as const };
        return [
          { ...one, since, until },
          { ...one, since, until: cut },
          { ...one, since: addDays(cut, 1), until },
        ];
      });
      const totals = await readTotals(db.sql, asked);
      return cases.map((_, i) => {
        const [whole = new Map(), first = new Map(), second = new Map()] = totals.slice(3 * i, 3 * i + 3);
        return difference(lines(whole), lines(plus(first, second)));
      });
    });
  });

  it("9. SQL is plain TypeScript: what each touch brought, the ready sums, calculate_campaign_roi", async () => {
    await expectAll(drawn, async (batch) => {
      const cases = await place(batch);
      const outcomes = await readOutcomes(db.sql, cases);
      const daily = await readDailyOutcomes(db.sql, cases);
      const campaignOf = (tenantId: number) => campaignIds[tenantId % campaignIds.length] ?? "";
      const roi = await readCampaignRoi(
        db.sql,
        cases.map((one) => ({ ...one, campaignIds: [campaignOf(one.tenantId)] })),
      );
      return cases.map((one, i) => {
        const { business, tenantId, since, until } = one;
        const id = campaignOf(tenantId);
        const expected = calculateCampaignRoi(business, id, since, until);
        return firstOf([
          difference(expectedOutcomes(business, one), outcomes[i] ?? []),
          difference(expectedDailyOutcomes(business), daily[i] ?? []),
          difference([JSON.stringify(expected)], [JSON.stringify(roi[i]?.get(id))]),
        ]);
      });
    });
  });

  it("7. what other tenants have, under the same ids, changes nothing", async () => {
    await place(draw(aRandomCase, 1_200).cases.slice(drawn.cases.length));
    await expectAll(drawn, async (batch) => {
      const ids = (await place(batch)).map(({ tenantId }) => tenantId);
      const state = await readState(db.sql, ids);
      return ids.map((id) => difference([stateAtFirst.get(id) ?? "none"], [state.get(id) ?? "none now"]));
    });
  });
});

/** Sums of several levels as those of one. */
function together(totals: DatabaseTotals, levels: readonly string[]): Map<string, Decimal> {
  const ofLevels = [...totals].flatMap(([name, amount]) => {
    const level = levels.find((level) => name.startsWith(`${level} `));
    return level === undefined ? [] : ([[name.slice(level.length + 1), amount]] as const);
  });
  return ofLevels.map(([name, amount]) => new Map([[name, amount]])).reduce<Map<string, Decimal>>(plus, new Map());
}

function plus(left: ReadonlyMap<string, string>, right: ReadonlyMap<string, string>): Map<string, Decimal> {
  const names = [...new Set([...left.keys(), ...right.keys()])];
  const sums = names.map((name) => {
    const of = (side: ReadonlyMap<string, string>) => parseDecimal(side.get(name) ?? "0");
    return [name, add(of(left), of(right))] as const;
  });
  return new Map(sums.filter(([name, sum]) => subtract(sum, ZERO) !== "0" || name.startsWith("sale ")));
}
