import * as z from "zod";
import { onPaper } from "../../lib/on-paper.ts";
import { once } from "../../lib/once.ts";

export type DescribedAsset = {
  kind: "page" | "waba" | "phone_number";
  assetId: string;
  parentId: string | null;
  name: string;
  details: Record<string, unknown>;
  state: "ready" | "pending" | "problem" | "taken" | "declined";
  subscribedAt: Date | null;
  checkedAt: Date | null;
  problem: string | null;
  hint: string | null;
};

const instant = z.iso.datetime().nullable();
const iso = (date: Date | null) => date?.toISOString() ?? null;

const kind = once(() => z.enum(["page", "waba", "phone_number"]));
const state = once(() => z.enum(["ready", "pending", "problem", "taken", "declined"]));

const asset = once(() =>
  z.object({
    id: z.string(),
    kind: kind(),
    parent_id: z.string().nullable().describe(onPaper("Of a number, its WhatsApp account.")),
    name: z.string(),
    details: z.record(z.string(), z.unknown()).describe(onPaper("What Meta says of it.")),
    state: state().describe(onPaper("taken: another tenant has it. declined: this tenant chose not to use it.")),
    subscribed_at: instant.describe(onPaper("When Meta last confirmed that it sends us what happens there.")),
    checked_at: instant,
    problem: z.object({ code: z.string(), hint: z.string() }).nullable(),
  }),
);

const toWire = (one: DescribedAsset) => ({
  id: one.assetId,
  kind: one.kind,
  parent_id: one.parentId,
  name: one.name,
  details: one.details,
  state: one.state,
  subscribed_at: iso(one.subscribedAt),
  checked_at: iso(one.checkedAt),
  problem: one.problem === null ? null : { code: one.problem, hint: one.hint ?? "" },
});

export const assetList = once(() =>
  z
    .transform(({ assets, nextCheckAt }: { assets: DescribedAsset[]; nextCheckAt: Date | null }) => ({
      assets: assets.map(toWire),
      next_check_at: iso(nextCheckAt),
    }))
    .pipe(
      z.object({
        assets: z.array(asset()),
        next_check_at: instant.describe(onPaper("Null where no permission for pages or WhatsApp was given.")),
      }),
    ),
);

export const chosenAssets = once(() =>
  z.strictObject({
    asset_ids: z
      .array(z.string().regex(/^\d{1,32}$/, "no es un id de Meta"))
      .max(500)
      .describe(onPaper("All that are to be used; a number stands for its WhatsApp account.")),
  }),
);

const channel = once(() => z.object({ connected: z.boolean(), count: z.number() }));
const panelAsset = once(() =>
  z.object({ id: z.string(), asset_type: kind(), name: z.string(), status: state(), is_selected: z.boolean() }),
);

/** The state of the connection as the integrations panel reads it: always whole, also without a connection. */
export const panelStatusOnTheWire = once(() =>
  z.object({
    connected: z.boolean(),
    token_valid: z.boolean(),
    token_expires_at: z.number().nullable().describe(onPaper("Epoch seconds; null where it is unknown or never.")),
    token_scopes: z.array(z.string()),
    channels: z.object({ facebook: channel(), whatsapp: channel() }),
    assets: z.array(panelAsset()).describe(onPaper("What Meta shows.")),
    bindings: z
      .array(z.object({ asset_id: z.string(), asset_type: kind(), is_active: z.boolean() }))
      .describe(onPaper("What is this tenant's.")),
  }),
);

export const panelStatus = once(() =>
  z
    .transform(
      (panel: {
        status: string;
        connected: boolean;
        expiresAt: Date | null;
        scopes: string[];
        assets: DescribedAsset[];
      }) => {
        const bound = panel.assets.filter(({ state }) => state !== "taken" && state !== "declined");
        const channelOf = (kind: DescribedAsset["kind"]) => {
          const ready = bound.filter((one) => one.kind === kind && one.state === "ready");
          return { connected: ready.length > 0, count: ready.length };
        };
        return {
          connected: panel.status !== "disconnected",
          token_valid: panel.connected,
          token_expires_at: panel.expiresAt && Math.floor(panel.expiresAt.getTime() / 1000),
          token_scopes: panel.scopes,
          channels: { facebook: channelOf("page"), whatsapp: channelOf("phone_number") },
          assets: panel.assets.map(({ assetId, kind, name, state }) => ({
            id: assetId,
            asset_type: kind,
            name,
            status: state,
            is_selected: state !== "taken" && state !== "declined",
          })),
          bindings: bound.map(({ assetId, kind, state }) => ({
            asset_id: assetId,
            asset_type: kind,
            is_active: state === "ready",
          })),
        };
      },
    )
    .pipe(panelStatusOnTheWire()),
);
