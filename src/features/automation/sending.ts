// The send job: of all messages of a tenant that are due, each is asked about and then delivered, put off or dropped. One
// sender per tenant at a time; who dies leaves its turn and its claims to time.
import type { Ctx } from "../../context.ts";
import { deliver } from "../messages/deliver.ts";
import { claimDue, deferMessage, dropMessage, type Message } from "../messages/outbox.queries.ts";
import { blameOf, turnBreaker } from "./breaker.ts";
import { decide } from "./engine.ts";
import { stopExecution } from "./executions.queries.ts";
import { type House, factsOf, isOfSending } from "./facts.ts";
import { loadFacts } from "./load-facts.ts";
import type { Known, Subject } from "./facts.queries.ts";
import { getFrame } from "./frame.ts";
import { type Decision, PAIR_MS } from "./gates.ts";
import { findBreaker, saveBreaker, takePlaces, takeProbe, takeTurn, endTurn, TURN_SECONDS } from "./numbers.queries.ts";
import { explainReason } from "./reasons.ts";
import { lastAttempt } from "./sending.queries.ts";

const AT_ONCE = 50;
const MOST_ROUNDS = 20;
/** Nearer than this, a place in the row is now. */
const SOON_MS = 1_000;
const TOLD_MS = 3_600_000;

export async function sendDue(ctx: Ctx): Promise<void> {
  const holder = ctx.uuid();
  for (let round = 0; round < MOST_ROUNDS; round += 1) {
    // Taken anew for each round: it is told so that the turn goes on.
    if (!(await takeTurn(ctx, holder))) return;
    const claimed = await claimDue(ctx, { limit: AT_ONCE, leaseSeconds: TURN_SECONDS });
    if (claimed.length > 0) await sendAll(ctx, claimed);
    if (claimed.length < AT_ONCE) break;
  }
  await endTurn(ctx, holder);
}

const personOf = (message: Message) => message.leadId ?? message.recipientPhone ?? message.recipientBsuid ?? message.id;

async function sendAll(ctx: Ctx, messages: readonly Message[]): Promise<void> {
  const frame = await getFrame(ctx);
  const known = new Map((await loadFacts(ctx, messages.map(toSubject), frame)).map((one) => [one.key, one]));
  const decided = messages.flatMap((message) => {
    const facts = known.get(message.id);
    return facts ? [{ message, facts, decision: decideMessage(message, facts, frame) }] : [];
  });
  // What was counted for one message is no longer true after another to the same person.
  const persons = new Set<string>();
  const going = decided.filter(({ decision, message }) => {
    if (decision.do !== "send" || persons.has(personOf(message))) return false;
    return persons.add(personOf(message)) !== undefined;
  });
  for (const { message, decision } of decided) {
    if (decision.do !== "send") await settle(ctx, message, decision);
    else if (!going.some((one) => one.message === message))
      await settle(ctx, message, { do: "wait", until: ctx.now() + PAIR_MS, reason: "pair_rate" });
  }
  const numbers = Map.groupBy(going, ({ facts }) => facts.number);
  for (const [number, ones] of numbers) await sendFrom(ctx, number, ones);
}

async function sendFrom(ctx: Ctx, number: string, going: readonly { message: Message; facts: Known }[]): Promise<void> {
  let breaker = await findBreaker(ctx, number);
  // A status told it, not an answer of ours.
  if (breaker.state === "closed" && isOfSending(going[0]?.facts.number_problem ?? null)) {
    breaker = turnBreaker(breaker, "blame", ctx.now(), ctx.now() + TOLD_MS);
    await saveBreaker(ctx, number, breaker, going[0]?.facts.number_problem ?? null);
  }
  const { first, apart } = await takePlaces(ctx, number, going.length);
  for (const [index, { message }] of going.entries()) {
    const place = first + index * apart;
    const now = ctx.now();
    if (breaker.state === "open" && breaker.openUntil !== null) {
      await settle(ctx, message, { do: "wait", until: breaker.openUntil, reason: "breaker_open" });
      continue;
    }
    if (breaker.state === "half_open" && !(await takeProbe(ctx, number))) {
      await settle(ctx, message, { do: "wait", until: now + TURN_SECONDS * 1000, reason: "breaker_half_open" });
      continue;
    }
    if (place - now > SOON_MS) {
      await settle(ctx, message, { do: "wait", until: place, reason: "pace" });
      continue;
    }
    const outcome = await deliver(ctx, message.id);
    if (outcome === "not_planned" || outcome === "suppressed" || outcome === "not_ready") continue;
    const attempt = outcome === "accepted" ? { outcome, errorCode: null } : await lastAttempt(ctx, message.id);
    const { blame, seconds } = blameOf(attempt?.outcome ?? null, attempt?.errorCode ?? null);
    const next = turnBreaker(breaker, blame, ctx.now(), seconds === undefined ? undefined : ctx.now() + seconds * 1000);
    // A probe that says nothing of the number: another one finds out.
    if (next !== breaker && (next.failures > 0 || breaker.failures > 0 || breaker.state !== "closed")) {
      await saveBreaker(
        ctx,
        number,
        next,
        attempt?.errorCode === null || !attempt ? "unknown" : `send.${attempt.errorCode}`,
      );
      if (next.state === "open")
        ctx.log("breaker.open", { tenantId: ctx.tenantId, number, code: attempt?.errorCode ?? undefined });
    }
    breaker = next;
  }
}

const isManual = ({ ruleId, executionId }: Message) => ruleId === null && executionId === null;

function decideMessage(message: Message, known: Known, house: House): Decision {
  const sent = { isMessage: true, createdAt: message.createdAt.getTime(), hasTemplate: true };
  return decide(factsOf(known, sent, house, !isManual(message)));
}

async function settle(ctx: Ctx, message: Message, decision: Decision): Promise<void> {
  if (decision.do === "wait") {
    await ctx.db.one(deferMessage(ctx, message.id, new Date(decision.until), decision.reason));
  } else if (decision.do !== "send") {
    const ends =
      decision.do === "stop" && message.executionId !== null
        ? [stopExecution(ctx, message.executionId, decision.reason)]
        : [];
    await ctx.db.run(dropMessage(ctx, message.id, decision.reason, explainReason(decision.reason)), ...ends);
  }
}

const toSubject = (message: Message): Subject => ({
  key: message.id,
  lead_id: message.leadId,
  rule_id: message.ruleId,
  execution_id: message.executionId,
  opportunity_id: null,
  template_id: message.templateId,
  template_category: message.templateCategory,
  recipient_phone: message.recipientPhone,
  recipient_bsuid: message.recipientBsuid,
  phone_number_id: message.phoneNumberId,
  started_at: null,
});
