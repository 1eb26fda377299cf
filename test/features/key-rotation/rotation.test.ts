// Keys are changed while tokens are read: by cron and the queue, then by npm run keys:rotate. `npm run soak:vault` does
// it with ten thousand tokens.
import { setTimeout as wait } from "node:timers/promises";
import { afterAll, beforeAll, expect, it } from "vitest";
import { rotateKeys } from "../../../drizzle/rotate-keys.ts";
import { systemCtx, type Tools } from "../../../src/context.ts";
import { openConnection } from "../../../src/features/connection/connection.service.ts";
import { createVault, type VaultKey } from "../../../src/lib/vault.ts";
import { sealAsV1 } from "../../support/envelopes.ts";
import { minutes } from "../../support/clock.ts";
import { isFull } from "../../support/full.ts";
import { aHouse, type House } from "../../support/house.ts";
import { aRing, databaseOf, seedTokens, vaultOf } from "./keys.ts";

const TOKENS = isFull ? 10_000 : 90;
const READERS = isFull ? 8 : 2;
const READS_PER_SECOND = 200;

const [k1, k2, k3] = [aRing("k1"), aRing("k2"), aRing("k3")];
let house: House;
let tenants: number[];
beforeAll(async () => {
  house = await aHouse({ variables: { TOKEN_ENCRYPTION_KEYS: `${k2.text},${k1.text}` } });
  tenants = await seedTokens(house, TOKENS, async (place, secret, index) =>
    // A third as they were before data keys.
    index % 3 === 0 ? sealAsV1(secret, place, k1.key) : vaultOf(k1.key).seal(secret, place),
  );
});
afterAll(() => house.stop());

const under = async () =>
  Object.fromEntries(
    (await house.sql("SELECT sealed_by, count(*)::integer FROM connections GROUP BY 1 ORDER BY 1")).map(
      ({ sealed_by: key, count }) => [key, count],
    ),
  ) as Record<string, number>;

/** Reads tokens all the time, as isolates with these rings do, until it is stopped; tells how many and what failed. */
const readAllTheTime = (...rings: VaultKey[][]) => {
  const isolates: Tools[] = rings
    .map((ring) => ({ ...house.tools, vault: vaultOf(...ring) }))
    .flatMap((tools) => Array.from({ length: READERS }, () => tools));
  const read = { count: 0, failed: [] as string[], isOver: false };
  const startedAt = performance.now();
  const readers = isolates.map(async (tools, index) => {
    while (!read.isOver) {
      const ahead = read.count - ((performance.now() - startedAt) / 1000) * READS_PER_SECOND;
      if (ahead > 0) await wait((1000 * ahead) / READS_PER_SECOND);
      const tenantId = tenants[(read.count * 7 + index) % tenants.length] ?? 0;
      read.count += 1;
      await check(tools, tenantId).catch((thrown: unknown) => read.failed.push(`${tenantId}: ${String(thrown)}`));
    }
  });
  return async () => {
    read.isOver = true;
    await Promise.all(readers);
    return { ...read, perSecond: Math.round((1000 * read.count) / (performance.now() - startedAt)) };
  };
};

const check = async (tools: Tools, tenantId: number) => {
  const ctx = systemCtx(tools, { tenantId, requestId: "reader", job: "reader" });
  const { token } = await openConnection(ctx, "insights");
  if (token !== `EAA-${tenantId}`) throw new Error("another token");
};

const readAllOnce = async (...ring: VaultKey[]) => {
  const tools = { ...house.tools, vault: createVault(ring, () => new Uint8Array()) };
  for (let at = 0; at < tenants.length; at += 16)
    await Promise.all(tenants.slice(at, at + 16).map((tenantId) => check(tools, tenantId)));
};

it(
  `keys change twice under ${TOKENS} tokens and no read fails`,
  async () => {
    const thirds = Math.ceil(TOKENS / 3);
    expect(await under()).toEqual({ "v1.k1": thirds, "v2.k1": TOKENS - thirds });

    // Isolates that were deployed before the change know the new key already, behind the old one.
    const stopFirst = readAllTheTime([k2.key, k1.key], [k1.key, k2.key]);
    do {
      await house.tick();
      while ((await house.queue.deliverDue({ atOnce: true })) > 0);
      // A message that has to come again is due in a while.
      house.clock.advance(minutes(1));
    } while ((await under())["v2.k2"] !== TOKENS);
    const first = await stopFirst();
    expect(await under()).toEqual({ "v2.k2": TOKENS });
    expect(first.failed).toEqual([]);
    expect(first.count).toBeGreaterThan(10);

    const stopSecond = readAllTheTime([k3.key, k2.key], [k2.key, k3.key]);
    const done = await rotateKeys(await databaseOf(house, [k3.key, k2.key]));
    const second = await stopSecond();
    expect(done).toEqual({
      renewed: TOKENS,
      current: 0,
      overtaken: 0,
      unopenable: 0,
      byKey: [{ sealedBy: "v2.k3", tokens: TOKENS }],
      isComplete: true,
    });
    expect(second.failed).toEqual([]);
    expect(second.count).toBeGreaterThan(10);
    await readAllOnce(k3.key);
    const rates = `${first.perSecond} and ${second.perSecond} a second`;
    console.log(`${TOKENS} tokens, two changes of keys, ${first.count + second.count} reads meanwhile (${rates})`);
  },
  isFull ? 1_800_000 : 60_000,
);
