// Webhooks get lost: each hour every form of every page is asked for its leads of the last day, and for all since the last
// one that is here. What is here already costs one question to the database.
import type { Ctx, MessageOf, MetaLead } from "../../context.ts";
import { type AppError, isAppError } from "../../errors.ts";
import { type Asset, findAsset, noteLeadAccess } from "../assets/assets.queries.ts";
import { afterFailure, nextHour } from "../assets/due.ts";
import { BIND } from "../assets/assets.jobs.ts";
import { askNow, finishTask, takeTask } from "../assets/schedule.queries.ts";
import * as queries from "./lead-ads.queries.ts";
import { checkpointAfter, halve, inOrder, type Window, windowOf } from "./read-window.ts";
import { pageToken, setAside } from "./receive.ts";
import { takeLead } from "./take-lead.ts";

/** What one message may do; the next one goes on. */
const [LEADS_PER_RUN, LISTINGS_PER_RUN, RETRIES_PER_RUN] = [150, 60, 25];

type Run = { page: Asset; token: string; leads: number; listings: number };

export async function runReconciliation(ctx: Ctx, { pageId }: MessageOf<"leads.reconcile">): Promise<void> {
  const task = { task: "leads", assetId: pageId } as const;
  const worker = ctx.uuid();
  const taken = await takeTask(ctx, task, worker);
  if (!taken) return;
  const hour = nextHour(ctx.now(), `${ctx.tenantId}/${pageId}`);
  let [nextDueAt, failures, outcome] = [hour, 0, "done"];
  try {
    if (!(await reconcile(ctx, pageId))) [nextDueAt, outcome] = [new Date(ctx.now()), "more"];
  } catch (thrown) {
    if (!isAppError(thrown)) throw thrown;
    outcome = thrown.code;
    // The page's own token is dead: a new one is fetched.
    if (thrown.code === "connection.needs_reauth") await askNow(ctx, BIND);
    if (thrown.fate !== "give-up") {
      nextDueAt = afterFailure(ctx.now(), taken.failures, hour, thrown.retryAfterSeconds);
      failures = taken.failures + 1;
    }
  }
  await finishTask(ctx, task, worker, { nextDueAt, failures });
  ctx.log("lead_ads.reconciled", { tenantId: ctx.tenantId, pageId, outcome });
}

/** True when all is read; false when this run has done its share and there is more. */
async function reconcile(ctx: Ctx, pageId: string): Promise<boolean> {
  const page = await findAsset(ctx, "page", pageId);
  if (!page) return true;
  const run: Run = { page, token: await pageToken(ctx, page), leads: LEADS_PER_RUN, listings: LISTINGS_PER_RUN };
  await queries.forgetOldReceipts(ctx);
  let isRefused = await retryFailed(ctx, run);
  const known = await listForms(ctx, run).catch((thrown: unknown) => {
    if (!isRefusal(thrown)) throw thrown;
    isRefused = true;
    return queries.saveForms(ctx, { pageId, since: page.createdAt, forms: [] });
  });
  let isDone = true;
  for (const form of known) {
    if (run.leads <= 0 || run.listings <= 0) return false;
    try {
      isDone = (await readForm(ctx, run, form)) && isDone;
    } catch (thrown) {
      if (!isRefusal(thrown)) throw thrown;
      isRefused = true;
      await queries.noteRead(ctx, form.formId, { checkpoint: undefined, problem: thrown.code });
    }
  }
  await noteLeadAccess(ctx, pageId, !isRefused);
  return isDone;
}

/** One form, or all, that we are kept from: the others are read all the same. */
const isRefusal = (thrown: unknown): thrown is AppError => isAppError(thrown, "meta.permission", "meta.not_found");

async function listForms(ctx: Ctx, { page, token }: Run): Promise<queries.Form[]> {
  const forms = await ctx.meta.listForms(token, page.assetId);
  return queries.saveForms(ctx, { pageId: page.assetId, since: page.createdAt, forms });
}

async function readForm(ctx: Ctx, run: Run, { formId, checkpoint }: queries.Form): Promise<boolean> {
  const windows: Window[] = [windowOf(checkpoint, ctx.now())];
  let reached: Date | undefined;
  let problem: string | null = null;
  while (windows.length > 0 && run.listings > 0 && run.leads > 0) {
    const window = windows.shift() as Window;
    run.listings -= 1;
    const listed = await listLeads(ctx, run, formId, window);
    if (listed === "too many") {
      windows.unshift(...(halve(window) ?? []));
      continue;
    }
    const left = await takeLeads(ctx, run, formId, listed);
    reached = checkpointAfter(window.before, left.leads);
    problem = left.problem;
    // Nothing after one that is missing counts as read.
    if (left.leads.length > 0) break;
  }
  const isCut = problem === null && (windows.length > 0 || run.leads <= 0);
  // Not beyond now: who fills in a form in this second may be told of in the next.
  const now = new Date(ctx.now());
  await queries.noteRead(ctx, formId, { checkpoint: reached && reached > now ? now : reached, problem });
  return !isCut;
}

async function listLeads(ctx: Ctx, { token }: Run, formId: string, window: Window): Promise<MetaLead[] | "too many"> {
  try {
    return await ctx.meta.listLeads(token, formId, window);
  } catch (thrown) {
    const isTooMany = isAppError(thrown, "meta.protocol") && thrown.reason === "too_many_pages";
    if (isTooMany && halve(window)) return "too many";
    throw thrown;
  }
}

/** Takes what is not here yet, oldest first; tells of what failed and of what there was no time for. */
async function takeLeads(
  ctx: Ctx,
  run: Run,
  formId: string,
  leads: readonly MetaLead[],
): Promise<{ leads: MetaLead[]; problem: string | null }> {
  const settled = await queries.listSettled(
    ctx,
    leads.map(({ leadgenId }) => leadgenId),
  );
  const left: MetaLead[] = [];
  let problem: string | null = null;
  const pageId = run.page.assetId;
  for (const lead of inOrder(leads)) {
    if (settled.has(lead.leadgenId)) continue;
    if (run.leads <= 0) {
      left.push(lead);
      continue;
    }
    run.leads -= 1;
    try {
      await takeLead(ctx, lead, { pageId, formId, adId: null, at: lead.createdAt ?? new Date(ctx.now()) });
    } catch (thrown) {
      if (!isAppError(thrown) || thrown.fate !== "give-up") throw thrown;
      problem = thrown.code;
      left.push(lead);
      await setAside(ctx, { leadgenId: lead.leadgenId, pageId, formId }, thrown);
    }
  }
  return { leads: left, problem };
}

/** Leads that a webhook told of and that could not be read; true when we are still kept from some. */
async function retryFailed(ctx: Ctx, run: Run): Promise<boolean> {
  const pageId = run.page.assetId;
  let isRefused = false;
  for (const { leadgenId, formId, receivedAt } of await queries.listFailed(ctx, pageId, RETRIES_PER_RUN)) {
    try {
      const lead = await ctx.meta.getLead(run.token, leadgenId);
      await takeLead(ctx, lead, { pageId, formId, adId: null, at: receivedAt });
    } catch (thrown) {
      if (!isAppError(thrown) || thrown.fate !== "give-up") throw thrown;
      // One that is gone says nothing of the others.
      isRefused ||= isAppError(thrown, "meta.permission");
      await queries.saveReceipt(ctx, { leadgenId, pageId, formId, status: "failed", problem: thrown.code });
    }
  }
  return isRefused;
}
