import { type Context, Hono } from "hono";
import { boardPage } from "./board-page.ts";
import type { SimContext, SimEnv } from "./context.ts";
import type { Farewell } from "./farewell.ts";
import { parseFault } from "./faults.ts";
import type { Forms } from "./leads.ts";
import type { Notification } from "./webhook-body.ts";
import { samples } from "./webhook-samples.ts";
import { reviewOf, type Templates } from "./templates.ts";
import type { Webhooks } from "./webhooks.ts";

const LAST_REQUESTS = 200;

const masked = (token: string): string => `${token.slice(0, 6)}…${token.slice(-4)}`;

/** What the board shows: never a whole token, a code or a secret. */
const snapshot = ({ state, clock, faults, recorder, tokens }: SimContext, templates: Templates) => ({
  clock: new Date(clock.now()).toISOString(),
  app: { id: state.appId, name: state.appName, redirectUris: state.redirectUris },
  accounts: state.business.accounts.map(({ id, name, currency, timezoneName, campaigns }) => ({
    id: `act_${id}`,
    name,
    currency,
    timezoneName,
    campaigns: campaigns.length,
  })),
  tokens: [...state.tokens.values()].map((token) => ({
    value: masked(token.value),
    kind: token.kind,
    person: state.business.people.find(({ id }) => id === token.personId)?.name ?? token.personId,
    scopes: tokens.scopesOf(token).join(" "),
    expires: token.expiresAt === 0 ? "nunca" : new Date(token.expiresAt * 1000).toISOString(),
    dead: tokens.deathOf(token) ?? null,
  })),
  faults: faults.active(),
  reports: [...state.runs.values()].map(({ id, accountId, polls, outcome }) => ({ id, accountId, polls, outcome })),
  templates: templates.all.map(({ id, wabaId, name, language, status, category }) => ({
    id,
    wabaId,
    name,
    language,
    status,
    category,
  })),
  webhooks: Object.keys(samples(0)),
  pages: state.business.pages.map(({ id, name, forms }) => ({
    id,
    name,
    fields: state.subscriptions.get(id)?.join(" ") ?? "",
    forms: forms.map(({ id: formId, name: formName }) => ({ id: formId, name: formName })),
  })),
  wabas: state.business.wabas.map(({ id, name, phoneNumbers }) => ({
    id,
    name,
    isSubscribed: state.subscriptions.has(id),
    numbers: phoneNumbers.map(({ displayPhoneNumber }) => displayPhoneNumber).join(", "),
  })),
  leads: state.leads.size,
  secretsInQuery: recorder.secretsInQuery().length,
  requests: recorder.requests().slice(-LAST_REQUESTS).reverse(),
});

export type Snapshot = ReturnType<typeof snapshot>;

/** A click on the board comes back to the board; a tool gets JSON. */
const answer = (c: Context<SimEnv>, body: object) =>
  c.req.header("accept")?.includes("text/html") ? c.redirect("/__sim", 303) : c.json(body);

/** The simulator's own board and levers, for people and development tools. */
export const boardRoutes = (
  sim: SimContext,
  {
    farewell,
    webhooks,
    forms,
    templates,
    reset,
  }: { farewell: Farewell; webhooks: Webhooks; forms: Forms; templates: Templates; reset: () => void },
) => {
  const { clock, faults } = sim;
  return (
    new Hono<SimEnv>()
      .get("/__sim", (c) => {
        c.header("content-security-policy", "default-src 'none'; style-src 'unsafe-inline'; form-action 'self'");
        return c.html(boardPage(snapshot(sim, templates)));
      })
      .get("/__sim/state.json", (c) => c.json(snapshot(sim, templates)))
      .post("/__sim/clock", (c) => {
        const advanceMs = Number(c.get("params")["advanceMs"]);
        if (!Number.isFinite(advanceMs) || advanceMs < 0)
          return c.json({ error: "advanceMs must be a number ≥ 0" }, 400);
        clock.advance(advanceMs);
        return answer(c, { now: new Date(clock.now()).toISOString() });
      })
      /** `{ path: "/insights$", fault: "80000:2446079", times: 2 }`, or `{ clear: true }`. */
      .post("/__sim/faults", (c) => {
        const { path = ".", fault, times, clear } = c.get("params");
        if (clear !== undefined) faults.clear();
        if (fault !== undefined) {
          const match = new RegExp(path);
          faults.add({ match, fault: parseFault(fault), ...(times !== undefined && { times: Number(times) }) });
        }
        return c.json({ faults: faults.active() });
      })
      /** The person who is logged in leaves the app; `{ delete: true }` wants their data deleted too. */
      .post("/__sim/leave", async (c) => {
        const told = await (c.get("params")["delete"] === undefined
          ? farewell.removeApp()
          : farewell.requestDeletion());
        return answer(c, { told: told ? { status: told.status, answer: await told.text() } : null });
      })
      /** `{ sample: "leadgen" }`, or `{ body: "{\"object\":…}" }` for anything else. */
      .post("/__sim/webhook", async (c) => {
        const { sample, body } = c.get("params");
        const notification = body === undefined ? samples(clock.seconds())[sample ?? ""] : JSON.parse(body);
        if (!notification) return c.json({ error: "no such sample" }, 400);
        const told = await webhooks.notify(notification as Notification);
        return answer(c, { status: told?.status ?? null, waiting: webhooks.webhooksWaiting() });
      })
      /** Somebody fills in a form: `{ form, name, email, phone, answer }`; without `form`, the clinic's. */
      .post("/__sim/lead", async (c) => {
        const {
          form,
          name = "Ana Pérez",
          email = "ana@example.com",
          phone = "+54 9 11 2233-4455",
          ad,
        } = c.get("params");
        const filled = { full_name: name, email, phone_number: phone, "¿qué_tratamiento_buscas?": "implantes" };
        const { lead, told } = await forms.submitLead(filled, {
          ...(form !== undefined && { formId: form }),
          ...(ad !== undefined && { adId: ad || null }),
        });
        return answer(c, { id: lead.id, status: told?.status ?? null });
      })
      /** `{ id: "1689…", act: "approve" }`: reject, pause, unpause, disable, yellow, marketing. */
      .post("/__sim/template", async (c) => {
        const { id = "", act = "" } = c.get("params");
        const review = reviewOf(templates, act, id);
        if (!review) return c.json({ error: "no such template or act" }, 400);
        return answer(c, { status: (await review)?.status ?? null });
      })
      .post("/__sim/reset", (c) => {
        reset();
        return answer(c, { success: true });
      })
  );
};
