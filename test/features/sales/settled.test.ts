// Whatever the CRM sends, in whatever order: the daily outcomes that its writes leave are those of a rebuild.
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { hours } from "../../support/clock.ts";
import { many } from "../../support/full.ts";
import { aHouse, type House } from "../../support/house.ts";
import { aCrm } from "../leads/crm.ts";
import { send, someSettings, someWrites } from "./random-writes.ts";

const RUNS = Number(process.env["FUZZ_RUNS"] ?? many(60));

let house: House;
beforeAll(async () => {
  house = await aHouse();
});
afterAll(() => house.stop());

describe("after any writes through the API", () => {
  it(
    "outcomes and credits are those of a rebuild, and no sale has given back more than it was",
    { timeout: 120_000 + RUNS * 2_000 },
    async () => {
      const statuses = new Map<number, number>();
      await fc.assert(
        fc.asyncProperty(someSettings, someWrites, async ({ timezone, model, window }, writes) => {
          const crm = await aCrm(house, { timezone });
          await house.sql("UPDATE tenant_settings SET default_model = $2, default_window = $3 WHERE tenant_id = $1", [
            crm.tenantId,
            model,
            window,
          ]);
          for (const write of writes) {
            house.clock.advance(hours(1));
            const { status, error } = await send(crm, write);
            expect([200, 201, 404, 409, 422], JSON.stringify(error)).toContain(status);
            statuses.set(status, (statuses.get(status) ?? 0) + 1);
          }
          await crm.expectSettled();
          const over = await house.sql(
            `SELECT s.id FROM sales_transactions s JOIN sales_transactions r ON r.tenant_id = s.tenant_id AND r.parent_id = s.id
             WHERE s.tenant_id = $1 AND r.payment_status = 'completed' GROUP BY s.id, s.amount, s.currency
             HAVING -sum(r.amount) > s.amount OR bool_or(r.currency <> s.currency OR r.lead_id IS DISTINCT FROM (
               SELECT lead_id FROM sales_transactions k WHERE k.tenant_id = $1 AND k.id = s.id))`,
            [crm.tenantId],
          );
          expect(over).toEqual([]);
        }),
        { numRuns: RUNS },
      );
      console.log(`Answers: ${JSON.stringify(Object.fromEntries(statuses))}`);
      const succeeded = (statuses.get(200) ?? 0) + (statuses.get(201) ?? 0);
      expect(succeeded).toBeGreaterThan(RUNS * 4);
      expect(statuses.get(422)).toBeGreaterThan(0);
    },
  );
});
