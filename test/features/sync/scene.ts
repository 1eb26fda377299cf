import { expect } from "vitest";
import type { House } from "../../support/house.ts";
import { aConnectedTenant, as, type Person } from "../../support/people.ts";

/** A tenant whose account is chosen but has not been read yet: the first message waits in the queue. */
export async function aTenantWithAFirstSync(
  house: House,
  { accountId, since }: { accountId: string; since: string },
): Promise<Person> {
  const person = await aConnectedTenant(house);
  const answer = await as(house, person).post("/crm/marketing/connect", { account_id: accountId });
  expect(answer.status).toBe(200);
  await narrow(house, person, since);
  return person;
}

/** The first sync reads from this day on: the whole history is another test's matter. */
export async function narrow(house: House, { tenantId }: Person, since: string): Promise<void> {
  const from = [tenantId, since];
  await house.sql("DELETE FROM sync_slices WHERE tenant_id = $1 AND until < $2", from);
  await house.sql("UPDATE sync_slices SET since = $2 WHERE tenant_id = $1 AND since < $2 AND until >= $2", from);
  await house.sql("UPDATE sync_runs SET since = $2 WHERE tenant_id = $1", from);
  await house.sql("UPDATE sync_coverage SET wanted_from = $2 WHERE tenant_id = $1", from);
}
