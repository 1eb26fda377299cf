// What the deaths of token keeping share: a house whose ring has two keys, and what stands of a connection.
import { expect } from "vitest";
import { minutes, seconds } from "../support/clock.ts";
import { aHouse, type House } from "../support/house.ts";
import type { Person } from "../support/people.ts";
import { aRing } from "../features/key-rotation/keys.ts";
import { clearSchedules } from "./crash.ts";
import { anOracle } from "./oracle.ts";

export const [older, newer] = [aRing("k1"), aRing("k2")];

type Row = Record<string, unknown> & { id: string; expires_at: Date; token_sealed: string; token_version: number };

export type Scene = Awaited<ReturnType<typeof aScene>>;

export async function aScene() {
  const house = await aHouse({ variables: { TOKEN_ENCRYPTION_KEYS: `${newer.text},${older.text}` } });
  return { house, oracle: await anOracle(house), ...lookAt(house) };
}

function lookAt(house: House) {
  const connectionOf = async ({ tenantId }: Person): Promise<Row> => {
    const [row] = await house.sql<Row>("SELECT * FROM connections WHERE tenant_id = $1", [tenantId]);
    if (!row) throw new Error("No connection.");
    return row;
  };
  /** What the audit tells of the connection, oldest first. */
  const events = async ({ tenantId }: Person) => {
    const rows = await house.sql<{ action: string }>(
      "SELECT action FROM audit_log WHERE tenant_id = $1 AND action LIKE 'connection.%' ORDER BY seq",
      [tenantId],
    );
    return rows.map(({ action }) => action);
  };
  /** Cron and queue, until nothing waits that is due. */
  const round = async () => {
    await house.tick();
    while ((await house.queue.deliverDue()) > 0);
  };
  /** Cron and queue go on until `isDone`: as long as two claims, a lease and a few ticks at most. */
  const converge = async (isDone: () => Promise<boolean>) => {
    const end = house.clock.now() + minutes(20);
    for (; !(await isDone()); house.clock.advance(seconds(30))) {
      expect(house.clock.now(), "converges").toBeLessThan(end);
      await round();
    }
    expect(house.queue.dead).toEqual([]);
  };
  /** What Meta says of the token that we hold. */
  const atMeta = async (person: Person) => {
    const { id, token_sealed } = await connectionOf(person);
    const place = { tenantId: person.tenantId, connectionId: id, kind: "user" };
    const token = (await house.tools.vault.open(token_sealed, place)) ?? "";
    const inspected = await house.tools.meta.debugToken(token);
    return { left: (inspected.expiresAt?.getTime() ?? 0) - house.clock.now(), isValid: inspected.isValid };
  };
  /** The next run's cron has only its own token to look after. */
  const leaveAlone = async ({ tenantId }: Person) => {
    await house.sql("UPDATE connections SET next_check_at = NULL WHERE tenant_id = $1", [tenantId]);
    await clearSchedules(house);
  };
  return { connectionOf, events, round, converge, atMeta, leaveAlone };
}
