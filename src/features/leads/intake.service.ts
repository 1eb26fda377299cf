// Leads that a website or a landing page sends by itself. Who sends is known by a key of the tenant's: 256 bits, told once
// and kept as its SHA-256, found under the dispatcher's role before there is a tenant.
import { type Asked, type Ctx, type Needs, systemCtx, type Tools } from "../../context.ts";
import { AppError, toAppError } from "../../errors.ts";
import { digest } from "../../lib/digest.ts";
import { isShallow } from "../../lib/shallow.ts";
import { howTheyCame } from "./intake-touch.ts";
import { intake } from "./intake.contract.ts";
import * as queries from "./intake.queries.ts";
import { receiveLead } from "./receive-lead.ts";
import { storable } from "./storable.ts";

const LEVELS = 20;
const JOB = "intake:";

/** For whom a key opens the door. Throws intake.key_invalid. */
export async function openIntake(tools: Tools, { key, ...who }: { key: string; requestId: string; asked: Asked }) {
  const found = /^[\w-]{43}$/.test(key) ? await queries.findKey(tools, await digest(key)) : undefined;
  if (!found) throw new AppError("intake.key_invalid", "Falta X-Intake-Key, o no es válida.");
  return systemCtx(tools, { ...who, tenantId: found.tenantId, job: `${JOB}${found.id}` });
}

/**
 * Takes what was sent, and keeps it to be looked at, whatever became of it. The same words of one key are one touch each day.
 * Throws request.invalid.
 */
export async function receiveIntake(ctx: Ctx, sent: string) {
  const keyId = ctx.actor.kind === "system" ? ctx.actor.job.slice(JOB.length) : "";
  const payload = readObject(sent);
  const note = (outcome: string, more: { problem?: string; leadId?: string } = {}) =>
    queries
      .insertPayload(ctx, { id: ctx.uuid(), keyId, receivedAt: new Date(ctx.now()), payload, outcome, ...more })
      // Without it the lead is as good.
      .catch(() => ctx.log("intake.payload_lost", { requestId: ctx.requestId }));
  try {
    const { leadId, isNew } = await receive(ctx, keyId, sent, payload);
    await note(isNew ? "created" : "known", { leadId });
    return { lead_id: leadId, created: isNew };
  } catch (thrown) {
    const { code, message } = toAppError(thrown);
    await note(code, { problem: message });
    throw thrown;
  }
}

async function receive(ctx: Ctx, keyId: string, sent: string, payload: object | null) {
  const parsed = intake().safeParse(payload);
  if (!parsed.success) {
    const fields = parsed.error.issues.map(({ path, message }) => ({ field: path.join("."), problem: message }));
    const named = fields.map(({ field, problem }) => (field ? `${field}: ${problem}` : problem)).join("; ");
    throw new AppError("request.invalid", `Datos inválidos: ${named}`, { details: { fields } });
  }
  const { external_id, answers, occurred_at, gclid, utm_term, utm_content, ...lead } = parsed.data;
  const { leadSource, ...touch } = howTheyCame(parsed.data);
  const now = new Date(ctx.now()).toISOString();
  const beside = Object.entries({ gclid, utm_term, utm_content }).filter(([, value]) => value !== undefined);
  return receiveLead(ctx, {
    identities: [],
    occurredAt: occurred_at ?? now,
    firstName: lead.first_name,
    lastName: lead.last_name,
    email: lead.email,
    phoneNumber: lead.phone,
    leadSource,
    isTest: lead.is_test,
    answers: { ...answers, ...Object.fromEntries(beside) },
    touch: {
      ...touch,
      campaign_id: lead.campaign_id,
      ad_set_id: lead.ad_set_id,
      ad_id: lead.ad_id,
      fbclid: lead.fbclid,
      external_id: `intake:${keyId}:${external_id ?? (await digest(`${now.slice(0, 10)} ${sent}`))}`,
    },
  });
}

function readObject(sent: string): object | null {
  try {
    const value: unknown = JSON.parse(sent);
    if (typeof value !== "object" || value === null || Array.isArray(value) || !isShallow(value, LEVELS)) return null;
    return storable(value);
  } catch {
    return null;
  }
}

/** A new key, told this once. */
export async function makeKey(ctx: Needs<"db" | "now" | "audit" | "uuid" | "secret">, name: string) {
  const key = ctx.secret();
  const made = await queries.insertKey(ctx, { id: ctx.uuid(), name, keyHash: await digest(key) });
  if (!made) throw new RangeError("A key that was made is nowhere.");
  return { ...made, key };
}

/** Throws intake.key_not_found. */
export async function revokeKey(ctx: Needs<"db" | "now" | "audit">, id: string) {
  const revoked = await queries.revokeKey(ctx, id);
  if (!revoked) throw new AppError("intake.key_not_found", "No encontramos esa clave.");
  return revoked;
}
