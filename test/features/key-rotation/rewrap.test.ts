import { spawn } from "node:child_process";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { rotateKeys } from "../../../drizzle/rotate-keys.ts";
import { systemCtx, type Tools } from "../../../src/context.ts";
import { parseRotationEnv } from "../../../src/env.ts";
import { planRewrap, runRewrap } from "../../../src/features/key-rotation/rewrap.jobs.ts";
import { places } from "../../../src/features/key-rotation/rewrap.queries.ts";
import { rewrapTokens } from "../../../src/features/key-rotation/rewrap.service.ts";
import { findEndpoint } from "../../../src/features/notifications/endpoints.queries.ts";
import { liveSecrets, makeSecret } from "../../../src/features/notifications/endpoint-secret.ts";
import { openKey, sealKey } from "../../../src/features/messages/provider-key.ts";
import { openPageToken, sealPageToken } from "../../../src/features/connection/page-token.ts";
import { openConnection } from "../../../src/features/connection/connection.service.ts";
import type { VaultPlace } from "../../../src/lib/vault.ts";
import { sealAsV1 } from "../../support/envelopes.ts";
import { aHouse, type House } from "../../support/house.ts";
import { aConnectedTenant, aPerson, as } from "../../support/people.ts";
import { root } from "../../world/root.ts";
import { aRing, databaseOf, seedTokens, vaultOf } from "./keys.ts";

const [k1, k2] = [aRing("k1"), aRing("k2")];
let house: House;
beforeAll(async () => {
  house = await aHouse({ variables: { TOKEN_ENCRYPTION_KEYS: k1.text } });
});
afterAll(() => house.stop());

const withRing = (...ring: (typeof k1)[]): Tools => ({ ...house.tools, vault: vaultOf(...ring.map(({ key }) => key)) });
const ctxOf = (tools: Tools, tenantId: number) => systemCtx(tools, { tenantId, requestId: "test", job: "test" });
const envelopeOf = async (tenantId: number, there = house) => {
  const [row] = await there.sql("SELECT id, token_sealed FROM connections WHERE tenant_id = $1", [tenantId]);
  const place: VaultPlace = { tenantId, connectionId: String(row?.["id"]), kind: "user" };
  return { envelope: row?.["token_sealed"] as string | null, place };
};
type TheVault = Tools["vault"];
const withRewrap = (rewrap: (ours: TheVault) => TheVault["rewrap"]): Tools => {
  const tools = withRing(k2, k1);
  return { ...tools, vault: { ...tools.vault, rewrap: rewrap(tools.vault) } };
};
/** Something happens after the envelope was read and before it is wrapped anew. */
const interrupted = (meanwhile: () => Promise<unknown>): Tools =>
  withRewrap((ours) => async (...given) => {
    await meanwhile();
    return ours.rewrap(...given);
  });
const turn = (tools: Tools, tenantId: number) => rewrapTokens(ctxOf(tools, tenantId));

const aTenantUnderK1 = async (there = house) => {
  const [tenantId = 0] = await seedTokens(there, 1, (place, secret) => vaultOf(k1.key).seal(secret, place));
  return tenantId;
};

describe("a token under an older key", () => {
  it("is brought under the first one and stays the same token, of the same version", async () => {
    const tenantId = await aTenantUnderK1();
    const tools = withRing(k2, k1);
    const before = await openConnection(ctxOf(house.tools, tenantId), "insights");
    expect(await turn(tools, tenantId)).toMatchObject({ renewed: 1, current: 0 });
    expect(await turn(tools, tenantId)).toMatchObject({ renewed: 0, current: 1 });
    expect(await openConnection(ctxOf(withRing(k2), tenantId), "insights")).toEqual(before);
  });

  it("gives way to a token that is stored meanwhile", async () => {
    const tenantId = await aTenantUnderK1();
    const { place } = await envelopeOf(tenantId);
    const newer = await house.tools.vault.seal("EAA-newer", place);
    const slow = interrupted(() =>
      house.sql("UPDATE connections SET token_sealed = $2 WHERE tenant_id = $1", [tenantId, newer]),
    );
    expect(await turn(slow, tenantId)).toMatchObject({ renewed: 0, overtaken: 1 });
    expect((await envelopeOf(tenantId)).envelope).toBe(newer);
    expect(await turn(withRing(k2, k1), tenantId)).toMatchObject({ renewed: 1 });
    expect((await openConnection(ctxOf(withRing(k2), tenantId), "insights")).token).toBe("EAA-newer");
  });

  it("does not come back when it is forgotten meanwhile", async () => {
    const tenantId = await aTenantUnderK1();
    const person = await aPerson(house, { tenantId });
    const slow = interrupted(async () => {
      expect((await as(house, person).post("/crm/auth/meta/disconnect")).status).toBe(200);
    });
    expect(await turn(slow, tenantId)).toMatchObject({ renewed: 0, overtaken: 1 });
    expect((await envelopeOf(tenantId)).envelope).toBeNull();
  });

  it("is never replaced by what does not open", async () => {
    const tenantId = await aTenantUnderK1();
    const { envelope } = await envelopeOf(tenantId);
    const broken = withRewrap((ours) => () => ours.seal("another", { tenantId: 0, connectionId: "", kind: "" }));
    await expect(turn(broken, tenantId)).rejects.toThrow(/does not open/);
    expect((await envelopeOf(tenantId)).envelope).toBe(envelope);
  });
});

describe("what else is sealed", () => {
  it("is brought under the first key too: pages' tokens, keys of providers, both secrets of an endpoint", async () => {
    const tenantId = await aTenantUnderK1();
    const ctx = ctxOf(house.tools, tenantId);
    const id = crypto.randomUUID();
    const [page, key, secret, former] = [
      await sealPageToken(ctx, "4711", "EAA-page"),
      await sealKey(ctx, "ycloud-key"),
      (await makeSecret(ctx, id)).secretSealed,
      (await makeSecret(ctx, id)).secretSealed,
    ];
    await house.sql(
      "INSERT INTO meta_assets (tenant_id, kind, asset_id, name, token_sealed) VALUES ($1, 'page', '4711', 'P', $2)",
      [tenantId, page],
    );
    await house.sql("INSERT INTO message_providers (tenant_id, provider, key_sealed) VALUES ($1, 'ycloud', $2)", [
      tenantId,
      key,
    ]);
    await house.sql(
      `INSERT INTO notification_endpoints (tenant_id, id, url, events, secret_sealed, former_secret_sealed, former_until)
       VALUES ($1, $2, 'https://a.example', '{lead.created}', $3, $4, 'infinity')`,
      [tenantId, id, secret, former],
    );
    const endpointOf = async (tools: Tools) => {
      const there = ctxOf(tools, tenantId);
      const endpoint = await findEndpoint(there, id);
      return endpoint ? liveSecrets(there, { ...endpoint, formerUntil: new Date(house.clock.now() + 1) }) : [];
    };
    const before = await endpointOf(house.tools);
    expect(before).toHaveLength(2);

    expect(await turn(withRing(k2, k1), tenantId)).toEqual({ renewed: 5, current: 0, overtaken: 0, unopenable: 0 });
    expect(await turn(withRing(k2, k1), tenantId)).toMatchObject({ renewed: 0, current: 5 });

    const alone = withRing(k2);
    expect(await endpointOf(alone)).toEqual(before);
    const [asset] = await house.sql<{ token_sealed: string }>(
      "SELECT token_sealed FROM meta_assets WHERE tenant_id = $1",
      [tenantId],
    );
    const there = ctxOf(alone, tenantId);
    expect(await openPageToken(there, { assetId: "4711", tokenSealed: asset?.token_sealed ?? null })).toBe("EAA-page");
    const [provider] = await house.sql<{ key_sealed: string }>(
      "SELECT key_sealed FROM message_providers WHERE tenant_id = $1",
      [tenantId],
    );
    expect(await openKey(there, { keySealed: provider?.key_sealed ?? null })).toBe("ycloud-key");
    for (const table of ["meta_assets", "message_providers", "notification_endpoints"])
      await house.sql(`DELETE FROM ${table} WHERE tenant_id = $1`, [tenantId]);
  });

  it("is all that any table has: who adds a place adds it to the list", async () => {
    const columns = await house.sql<{ place: string }>(
      `SELECT table_name || '.' || column_name AS place FROM information_schema.columns
       WHERE table_schema = 'public' AND column_name LIKE '%sealed' ORDER BY 1`,
    );
    expect(columns.map(({ place }) => place)).toEqual(
      places.map(({ table, column }) => `${table}.${column}`).toSorted((a, b) => a.localeCompare(b)),
    );
  });
});

describe("a key that was removed too early", () => {
  it("shuts its tenants out with 503 and an alarm, loses nothing, and heals when it is back", async () => {
    const alone = await aHouse({ variables: { TOKEN_ENCRYPTION_KEYS: k2.text } });
    try {
      const tenantId = await aTenantUnderK1(alone);
      const there = await aPerson(alone, { tenantId });
      const { envelope: lost } = await envelopeOf(tenantId, alone);

      const answer = await as(alone, there).get("/crm/marketing/meta-accounts");
      const body = await answer.text();
      expect([answer.status, body]).toEqual([503, expect.stringContaining("vault.unsealable")]);
      expect(body).not.toMatch(/v[12]\.k1|EAA/);

      await alone.tick();
      expect(alone.logs.join("\n")).toContain('"event":"vault.key_missing","key":"v2.k1","tokens":1');
      expect(alone.queue.waiting().filter(({ body: message }) => kindOf(message) === "token.rewrap")).toEqual([]);
      expect((await envelopeOf(tenantId, alone)).envelope).toBe(lost);

      const restored: Tools = { ...alone.tools, vault: vaultOf(k2.key, k1.key) };
      await planRewrap(restored);
      expect(alone.queue.waiting().map(({ body: message }) => kindOf(message))).toContain("token.rewrap");
      await runRewrap(ctxOf(restored, tenantId));
      expect((await openConnection(ctxOf(alone.tools, tenantId), "insights")).token).toBe(`EAA-${tenantId}`);
    } finally {
      await alone.stop();
    }
  });
});

const kindOf = (message: unknown) => (message as { kind?: string }).kind;

describe("disconnecting", () => {
  /** What any key of the ring opens, of all that stands in any row of any table, at any place. */
  const opened = async (ring: (typeof k1)[]) => {
    const tables = await house.sql<{ name: string }>(
      "SELECT relname AS name FROM pg_class WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace",
    );
    const dump = await Promise.all(
      tables.map(({ name }) => house.sql<{ row: string }>(`SELECT t::text AS row FROM "${name}" AS t`)),
    );
    const text = dump
      .flat()
      .map(({ row }) => row)
      .join("\n");
    const places = await house.sql<{ tenant_id: number; id: string; kind: string }>(
      "SELECT tenant_id, id, kind FROM connections",
    );
    const { vault } = withRing(...ring);
    const secrets = [...text.matchAll(/v[12]\.[\w-]+(\.[\w-]+)+/g)].flatMap(([envelope]) =>
      places.map(({ tenant_id: tenantId, id, kind }) => vault.open(envelope, { tenantId, connectionId: id, kind })),
    );
    return { secrets: (await Promise.all(secrets)).filter((secret) => secret !== undefined), text };
  };

  it("leaves nothing that any key opens, and no token in the clear", async () => {
    await house.sql("UPDATE connections SET token_sealed = NULL");
    const person = await aConnectedTenant(house);
    const before = await opened([k1, k2]);
    expect(before.secrets).toEqual([expect.stringMatching(/^EAA/)]);
    expect(before.text).not.toContain(before.secrets[0]);

    expect((await as(house, person).post("/crm/auth/meta/disconnect")).status).toBe(200);
    const after = await opened([k1, k2]);
    expect(after.secrets).toEqual([]);
    expect(after.text).not.toContain(before.secrets[0]);
    expect(after.text.length).toBeGreaterThan(100);
  });
});

describe("npm run keys:rotate", () => {
  const run = async (ring: string) => {
    const { DATABASE_URL, NEON_FETCH_ENDPOINT } = await databaseOf(house, []);
    return new Promise<{ status: number | null; said: string }>((resolve) => {
      const child = spawn(
        process.execPath,
        ["--disable-warning=ExperimentalWarning", join(root, "drizzle/rotate-keys.ts")],
        {
          cwd: root,
          env: { PATH: process.env["PATH"], DATABASE_URL, NEON_FETCH_ENDPOINT, TOKEN_ENCRYPTION_KEYS: ring },
        },
      );
      let said = "";
      child.stdout.on("data", (text) => (said += String(text)));
      child.stderr.on("data", (text) => (said += String(text)));
      child.on("close", (status) => resolve({ status, said }));
    });
  };

  it("tells how many are under which key, and fails while one does not open", async () => {
    await house.sql("UPDATE connections SET token_sealed = NULL");
    const tenants = await seedTokens(house, 5, async (place, secret, index) =>
      index === 0 ? sealAsV1(secret, place, k1.key) : vaultOf(k1.key).seal(secret, place),
    );
    // One row holds what belongs in another.
    const [first = 0, second = 0] = tenants;
    const { envelope } = await envelopeOf(second);
    const own = await envelopeOf(first);
    await house.sql("UPDATE connections SET token_sealed = $2 WHERE tenant_id = $1", [first, envelope]);

    const failed = await run(`${k2.text},${k1.text}`);
    expect(failed.said).not.toMatch(/EAA|local-app-rw|[\w+/]{43}=/);
    expect(failed.status).toBe(1);
    expect(failed.said).toMatch(
      /4 renewed, 0 current, 0 overtaken, 1 unopenable\n1 tokens under v2\.k1\n4 tokens under v2\.k2\n/,
    );

    await house.sql("UPDATE connections SET token_sealed = $2 WHERE tenant_id = $1", [first, own.envelope]);
    expect(await rotateKeys(await databaseOf(house, [k2.key, k1.key]))).toEqual({
      renewed: 1,
      current: 4,
      overtaken: 0,
      unopenable: 0,
      byKey: [{ sealedBy: "v2.k2", tokens: 5 }],
      isComplete: true,
    });
    // The old key is of no use now, and the new one alone is enough.
    expect(await rotateKeys(await databaseOf(house, [k2.key]))).toMatchObject({ current: 5, isComplete: true });
    expect(await rotateKeys(await databaseOf(house, [k1.key]))).toMatchObject({ unopenable: 5, isComplete: false });
  });

  it("names what it lacks, and never its value", () => {
    const parsed = parseRotationEnv({ DATABASE_URL: "mysql://hush", TOKEN_ENCRYPTION_KEYS: "k1:hush" });
    expect(parsed).toEqual({
      problems: [
        { variable: "DATABASE_URL", problem: "missing or malformed" },
        { variable: "TOKEN_ENCRYPTION_KEYS", problem: "each key is <id>:<32 bytes in base64>" },
      ],
    });
  });
});
