// The named checks of a connection: of its token, and of what Meta sends us and lets us read, each with what to do.
import type { Ctx } from "../../context.ts";
import { isAppError } from "../../errors.ts";
import { findConnection } from "../connection/connection.queries.ts";
import { openSealed } from "../connection/connection.service.ts";
import { type Check, testToken } from "../connection/diagnostics.ts";
import { hintFor } from "../connection/hints.ts";
import { type Asset, listAssets } from "./assets.queries.ts";
import { isSubscribed, keyOf } from "./subscribe.ts";

/** How many of a kind are asked about while somebody waits. */
const ASKED = 5;

export async function testConnection(ctx: Ctx): ReturnType<typeof testToken> {
  const test = await testToken(ctx);
  const { metaFeatures } = ctx.settings;
  const wanted = [
    ...(metaFeatures.includes("leads") ? (["page"] as const) : []),
    ...(metaFeatures.includes("whatsapp") ? (["waba"] as const) : []),
  ];
  const connection = test.valid && wanted.length > 0 ? await findConnection(ctx) : undefined;
  if (!connection) return test;
  const [token, assets] = await Promise.all([openSealed(ctx, connection), listAssets(ctx)]);
  const checks = (await Promise.all(wanted.map((kind) => checksOf(ctx, kind, assets, token)))).flat();
  const valid = checks.every(({ status }) => status !== "fail");
  return {
    ...test,
    valid,
    ...(!valid && { message: "La conexión con Meta tiene problemas." }),
    checks: [...test.checks, ...checks],
  };
}

async function checksOf(ctx: Ctx, kind: "page" | "waba", assets: readonly Asset[], token: string): Promise<Check[]> {
  const ours = assets.filter((asset) => asset.kind === kind && asset.releasedAt === null).slice(0, ASKED);
  const names = kind === "page" ? ["page_subscription", "lead_access"] : ["whatsapp"];
  if (ours.length === 0) return names.map((name) => ({ name, status: "warn", hint: nothing[kind] }));
  const [subscription = "", access] = names;
  return Promise.all([
    worstOf(subscription, ours, async (asset) => {
      const { ours: isOurs } = await isSubscribed(ctx, asset, await keyOf(ctx, asset, token));
      return isOurs ? null : hintFor({ code: "asset.not_subscribed", reason: null });
    }),
    ...(access ? [worstOf(access, ours, (asset) => readLeads(ctx, asset, token))] : []),
  ]);
}

const nothing = {
  page: "Tu usuario de Meta no ve ninguna página, o las usa otra empresa.",
  waba: "Tu usuario de Meta no ve ninguna cuenta de WhatsApp, o la usa otra empresa.",
};

/** The first thing that is wrong with any of them. */
async function worstOf(
  name: string,
  assets: readonly Asset[],
  look: (asset: Asset) => Promise<string | null>,
): Promise<Check> {
  for (const asset of assets) {
    const hint = await look(asset).catch((thrown: unknown) => {
      if (!isAppError(thrown)) throw thrown;
      return hintFor(thrown);
    });
    if (hint !== null) return { name, status: "fail", hint: `${asset.name}: ${hint}` };
  }
  return { name, status: "ok", hint: null };
}

async function readLeads(ctx: Ctx, asset: Asset, token: string): Promise<string | null> {
  const key = await keyOf(ctx, asset, token);
  const [form] = await ctx.meta.listForms(key, asset.assetId);
  if (!form) return null;
  try {
    await ctx.meta.listLeads(key, form.formId, { after: new Date(ctx.now()) });
    return null;
  } catch (thrown) {
    // The Leads Access Manager hides behind three codes (§H).
    if (!isAppError(thrown, "meta.permission", "meta.not_found")) throw thrown;
    return hintFor({ code: "lead.no_access", reason: null });
  }
}
