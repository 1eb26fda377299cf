// Invariants of the domain (e9) that hold of the answers: random businesses, each asked several questions, 1 000 in all
// (`npm run test:full`; an eighth in `npm test`).
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { expectedAnswers } from "../../oracle/answers.ts";
import { draw, expectAll, seed } from "../../oracle/in-batches.ts";
import { inOneCurrency } from "../../oracle/one-currency.ts";
import { aPopulation } from "../../oracle/population.ts";
import { aRandomBusiness, type RandomBusiness } from "../../oracle/random-business.ts";
import { type Case, someCases } from "../../oracle/random-case.ts";
import { difference } from "../../oracle/read-credits.ts";
import { many } from "../../support/full.ts";
import { aHouse, type House } from "../../support/house.ts";
import { ask, askByHttp, askCampaigns, deviations, disagreements } from "./ask.ts";

let house: House;
let place: ReturnType<typeof aPopulation<RandomBusiness>>;
let asked = 0;

// Mostly a tenant's own view: others are held against the oracle by invariants.test.ts, and cost several times as much to read.
const isOwn = fc.nat({ max: 9 }).map((drawn) => drawn > 0);

const queryOf = ({ since, until, view: { model, window }, basis, isOwn }: Case) => ({
  since,
  until,
  ...(isOwn ? {} : { model, window: String(window ?? "lifetime"), basis }),
});

/** All cases of a batch, those of different businesses at the same time; for each business what is wrong first. */
const each = async (batch: Case[][], check: (one: Case) => Promise<Error | undefined>) =>
  Promise.all(
    batch.map(async (cases) => {
      for (const one of cases) {
        asked += 1;
        const failure = await check(one);
        if (failure) return failure;
      }
      return undefined;
    }),
  );

const tenantsOf = async (businesses: RandomBusiness[]) =>
  new Map((await place(businesses)).map(({ business, tenantId }) => [business, tenantId]));

describe(`invariants of answers (seed ${seed})`, { timeout: 300_000 }, () => {
  beforeAll(async () => {
    house = await aHouse();
    place = aPopulation<RandomBusiness>(house.sql);
  });
  afterAll(() => house.stop());

  it("3. stats, stats/roi, combined-stats and campaigns agree, and say what the oracle says", async () => {
    asked = 0;
    const check = async (batch: Case[][]) => {
      const tenants = await tenantsOf(batch.flatMap(([one]) => one?.business ?? []));
      return each(batch, async (one) => {
        const answers = await ask(house, tenants.get(one.business) ?? 0, { ...queryOf(one), currency: one.currency });
        const wrong = deviations(answers, expectedAnswers(one.business, one));
        return difference([], [...disagreements(answers), ...wrong]);
      });
    };
    await expectAll(draw(someCases(4, { isOwn }), 250), check, 10);
    expect(asked).toBeGreaterThanOrEqual(many(1_000));
  });

  it("3. so they do when each is asked over HTTP", async () => {
    asked = 0;
    const check = async (batch: Case[][]) => {
      const tenants = await tenantsOf(batch.flatMap(([one]) => one?.business ?? []));
      return each(batch, async (one) => {
        const query = { ...queryOf(one), currency: one.currency };
        const answers = await askByHttp(house, tenants.get(one.business) ?? 0, query);
        const wrong = deviations(answers, expectedAnswers(one.business, one));
        return difference([], [...disagreements(answers), ...wrong]);
      });
    };
    await expectAll(draw(someCases(2, { isOwn }), 20), check, 5);
    expect(asked).toBeGreaterThanOrEqual(many(40));
  });

  it("5. where all is in one currency, rates and the wish to convert change nothing", async () => {
    asked = 0;
    const plain = new Map<RandomBusiness, RandomBusiness>();
    const check = async (batch: Case[][]) => {
      for (const { business } of batch.flatMap(([one]) => one ?? []))
        plain.set(business, { ...business, rates: [], reportingCurrency: null });
      const businesses = batch.flatMap(([one]) => one?.business ?? []);
      const tenants = await tenantsOf(businesses.flatMap((business) => [business, plain.get(business) ?? business]));
      return each(batch, async (one) => {
        const converted = await askCampaigns(house, tenants.get(one.business) ?? 0, {
          ...queryOf(one),
          currency: "ARS",
        });
        const own = await askCampaigns(house, tenants.get(plain.get(one.business) ?? one.business) ?? 0, queryOf(one));
        const parts = (answers: object) =>
          Object.entries(answers).map(([name, answer]) => `${name} ${JSON.stringify(answer)}`);
        return difference(parts(own), parts(converted));
      });
    };
    await expectAll(draw(someCases(8, { isOwn, businesses: aRandomBusiness.map(inOneCurrency) }), 125), check, 10);
    expect(asked).toBeGreaterThanOrEqual(many(1_000));
  });
});
