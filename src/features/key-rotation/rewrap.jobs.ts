// After a change of TOKEN_ENCRYPTION_KEYS: brings every token under the ring's first key, so that older ones can go.
import type { Ctx, Tools } from "../../context.ts";
import { countTokensByKey, listTenantsUnder } from "./rewrap.queries.ts";
import { rewrapTokens } from "./rewrap.service.ts";

/** Posts a message for some of the tenants with tokens under an older key, and tells of keys that are missing. */
export async function planRewrap(tools: Pick<Tools, "dispatch" | "enqueue" | "vault" | "log">): Promise<void> {
  const { sealsAs, opensAs } = tools.vault;
  const older = (await countTokensByKey(tools)).filter(({ sealedBy }) => sealedBy !== sealsAs);
  const lost = older.filter(({ sealedBy }) => !opensAs.includes(sealedBy));
  for (const { sealedBy, tokens } of lost) tools.log("vault.key_missing", { key: sealedBy, tokens });
  if (older.length === lost.length) return;
  const tenants = await listTenantsUnder(
    tools,
    opensAs.filter((name) => name !== sealsAs),
  );
  await tools.enqueue(tenants.map((tenantId) => ({ message: { v: 1, kind: "token.rewrap", tenantId } })));
}

/** Rewrapping what is under the first key already changes nothing. */
export async function runRewrap(ctx: Pick<Ctx, "db" | "vault" | "log" | "tenantId">): Promise<void> {
  const { renewed, overtaken, unopenable } = await rewrapTokens(ctx);
  ctx.log("vault.rewrapped", { tenantId: ctx.tenantId, renewed, overtaken, unopenable });
}
