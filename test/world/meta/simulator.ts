import type { AddressInfo } from "node:net";
import { createAdaptorServer } from "@hono/node-server";
import { Hono } from "hono";
import { accountRoutes } from "./accounts.ts";
import { assetRoutes } from "./assets.ts";
import { batchRoutes } from "./batch.ts";
import { boardRoutes } from "./board.ts";
import { createDemoBusiness } from "./business.ts";
import { createClock } from "./clock.ts";
import type { SimContext, SimEnv } from "./context.ts";
import { createDatasets } from "./datasets.ts";
import { debugTokenRoutes } from "./debug-token.ts";
import { dialogRoutes } from "./dialog.ts";
import type { Business } from "./entities.ts";
import { errorResponse, GraphError, missingObject } from "./envelope.ts";
import { faultGate } from "./fault-effects.ts";
import { type Callbacks, createFarewell } from "./farewell.ts";
import { createFaults } from "./faults.ts";
import { createForms, leadRoutes } from "./leads.ts";
import { createInsightReader } from "./insight-reader.ts";
import { insightRoutes } from "./insights.ts";
import { meRoutes } from "./me.ts";
import { createInsightModel } from "./model.ts";
import { oauthRoutes } from "./oauth.ts";
import { readParams } from "./params.ts";
import { createRecorder } from "./recorder.ts";
import { freshState, type Settings } from "./state.ts";
import { structureRoutes } from "./structure.ts";
import { createTemplates } from "./templates.ts";
import { createTokens } from "./tokens.ts";
import { usageGate } from "./usage.ts";
import { pathWithoutVersion, versionGate } from "./version.ts";
import { createWhatsapp } from "./whatsapp.ts";
import { createWebhooks, type WebhookTarget } from "./webhooks.ts";

export interface MetaSimulatorOptions {
  /** Milliseconds; the machine's clock when absent. */
  now?: () => number;
  /** Other seeds give other numbers, never other entities. */
  seed?: number;
  appId?: string;
  appSecret?: string;
  redirectUris?: string[];
  business?: Business;
  settings?: Partial<Settings>;
  callbacks?: Callbacks;
  webhooks?: WebhookTarget;
}

/** Meta in a box: login dialog and Graph API on one origin, with state, a clock, faults and a recorder. */
export const createMetaSimulator = (options: MetaSimulatorOptions = {}) => {
  const {
    now = Date.now,
    seed = 1,
    appId,
    appSecret,
    redirectUris,
    business = createDemoBusiness(),
    settings,
    callbacks,
    webhooks: target,
  } = options;
  const chosen = {
    ...settings,
    ...(appId !== undefined && { appId }),
    ...(appSecret !== undefined && { appSecret }),
    ...(redirectUris && { redirectUris }),
  };
  const clock = createClock(now);
  const state = freshState(business, chosen);
  const model = createInsightModel(seed, state, clock.now);
  const tokens = createTokens(state, clock, seed);
  const faults = createFaults();
  const recorder = createRecorder(clock);
  const sim: SimContext = { state, clock, model, tokens, faults, recorder };
  const reader = createInsightReader(sim);
  const farewell = createFarewell(sim, callbacks);
  const webhooks = createWebhooks(sim, target);
  const forms = createForms(sim, webhooks);
  const { app: datasetRoutes, conversions } = createDatasets(sim);
  const { app: whatsappRoutes, whatsapp } = createWhatsapp(sim, webhooks);
  const { app: templateRoutes, templates } = createTemplates(sim, webhooks);

  const reset = (): void => {
    const { revision } = state;
    Object.assign(state, freshState(business, chosen), { revision: revision + 1 });
    clock.reset();
    faults.clear();
    recorder.clear();
    reader.forget();
    webhooks.forgetWebhooks();
    whatsapp.forget();
    conversions.forget();
    templates.forget();
  };

  const app: Hono<SimEnv> = new Hono<SimEnv>({ getPath: pathWithoutVersion })
    .use(recorder.middleware)
    .use(versionGate(sim))
    .use(faultGate(sim))
    .use(readParams)
    .use(usageGate(sim))
    .route("/", boardRoutes(sim, { farewell, webhooks, forms, templates, reset }))
    .route("/", dialogRoutes(sim))
    .route("/", templateRoutes)
    .route("/", oauthRoutes(sim))
    .route("/", debugTokenRoutes(sim))
    .route("/", meRoutes(sim))
    .route("/", accountRoutes(sim))
    .route("/", assetRoutes(sim))
    .route("/", leadRoutes(sim))
    .route("/", insightRoutes(sim, reader))
    .route("/", structureRoutes(sim))
    .route("/", whatsappRoutes)
    .route("/", datasetRoutes)
    .route(
      "/",
      batchRoutes(sim, (request) => Promise.resolve(app.fetch(request))),
    );

  app.notFound((c) => {
    throw missingObject(c.req.path.split("/")[1] ?? "", c.req.method === "POST" ? "post" : "get");
  });
  app.onError((error, c) => {
    if (error instanceof GraphError) return errorResponse(c, error.shape);
    throw error;
  });

  return {
    app,
    state,
    clock,
    model,
    faults,
    recorder,
    ...farewell,
    ...webhooks,
    ...forms,
    /** What is sent over WhatsApp, and levers for what comes of it. */
    whatsapp,
    conversions,
    /** WhatsApp's templates, and what its review makes of them. */
    templates,
    reset,
    issueToken: tokens.issue,
    /** Kills a person's tokens: 458 app removed, 460 password changed, 467 logged out… */
    invalidateTokens: tokens.invalidate,
  };
};

export type MetaSimulator = ReturnType<typeof createMetaSimulator>;

export const serveMetaSimulator = async (
  sim: Pick<MetaSimulator, "app">,
  { port = 0 }: { port?: number } = {},
): Promise<{ url: string; stop(): Promise<void> }> => {
  const server = createAdaptorServer({ fetch: sim.app.fetch });
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(port, "127.0.0.1", () => resolve());
  });
  const { port: actual } = server.address() as AddressInfo;
  const stop = (): Promise<void> =>
    new Promise((resolve) => {
      server.close(() => resolve());
      if ("closeAllConnections" in server) server.closeAllConnections();
    });
  return { url: `http://127.0.0.1:${actual}`, stop };
};
