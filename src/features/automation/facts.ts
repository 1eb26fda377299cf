// From what is stored to what the engine asks.
import { foldStatus } from "../templates/template-status.ts";
import { judge, type Snapshot } from "./conditions.ts";
import { zoneOfContact } from "./contact-zone.ts";
import type { Known } from "./facts.queries.ts";
import type { Caps, Facts } from "./gates.ts";
import type { QuietHours } from "./quiet-hours.ts";
import { isAboutSilence, stopsOf } from "./rule-steps.ts";

export type House = {
  now: number;
  timezone: string;
  quietHours: unknown;
  caps: unknown;
  dayEnds: number;
  weekEnds: number;
};

const DAY = 86_400_000;
const TOO_LATE = 3 * DAY;

const ms = (text: string | null): number | null => (text === null ? null : Date.parse(text));

/** A lead as conditions and texts see it: instants as ISO texts. */
export function snapshotOf(known: Pick<Known, "lead" | "opportunity" | "touch" | "execution">, now: number): Snapshot {
  const { lead, opportunity, touch, execution } = known;
  return {
    now,
    ...(lead && { lead }),
    ...(opportunity && { opportunity }),
    ...(touch && { touch }),
    ...(execution && { event: execution.event }),
  };
}

/** What is to be sent, and what it belongs to; `isMessage` where it is a message's turn and no step's. */
export type Sent = {
  isMessage: boolean;
  createdAt: number;
  /** Conditions of the step besides those of the rule. */
  stepConditions?: unknown;
  hasTemplate: boolean;
};

export function factsOf(
  known: Known,
  { isMessage, createdAt, stepConditions = null, hasTemplate }: Sent,
  house: House,
  isAutomatic: boolean,
): Facts {
  const { now } = house;
  const { rule, lead, execution } = known;
  const snapshot = snapshotOf(known, now);
  const started = ms(execution?.started_at ?? null);
  const replied = ms(known.replied_at);
  const since = rule && isAboutSilence(rule.trigger_type) ? started : ms(known.first_accepted_at);
  const eventAt = ms(execution?.event_at ?? null);
  const purpose = (rule?.purpose ?? known.template?.category ?? "marketing").toLowerCase();
  const own = rule ? judge(rule.trigger_conditions, snapshot) : { holds: true };
  const limit = tierOf(known.messaging_limit);
  return {
    now,
    rule: isAutomatic
      ? {
          isThere: rule !== null,
          isActive: rule?.is_active ?? false,
          stopOn: rule ? stopsOf({ triggerType: rule.trigger_type, stopOn: rule.stop_on }) : [],
          quietHours: windowsOf(rule?.quiet_hours ?? house.quietHours, house.timezone, lead),
          caps: { ...capsOf(house.caps), ...capsOf(rule?.caps) },
        }
      : null,
    template: known.template
      ? { status: foldStatus(known.template.status) }
      : hasTemplate
        ? { status: "REJECTED" }
        : null,
    freeUntil: replied === null ? null : replied + DAY,
    lead: lead && {
      isTest: lead["is_test"] === true,
      isGone: lead["merged_into"] !== null && lead["merged_into"] !== undefined,
      canBeReached: true,
    },
    isSuppressed: known.is_suppressed,
    hasRefusedConsent: purpose === "marketing" && refuses(lead),
    happened: {
      reply: replied !== null && since !== null && replied > since,
      goal: known.is_won,
      human: known.is_human,
    },
    before: isMessage ? "none" : beforeOf(known.before),
    conditions: own.holds ? judge(stepConditions, snapshot) : own,
    counted: {
      today: known.today,
      thisWeek: known.this_week,
      ofRule: known.of_rule,
      dayEnds: house.dayEnds,
      weekEnds: house.weekEnds,
    },
    expiresAt: isAutomatic ? (eventAt !== null && createdAt < eventAt ? eventAt : createdAt + TOO_LATE) : null,
    number: {
      // What sending itself found out is the breaker's to judge.
      problem: isOfSending(known.number_problem) ? null : known.number_problem,
      openUntil: ms(known.open_until),
      lastToPerson: ms(known.last_to_person),
      tier:
        limit === null || known.is_reached
          ? null
          : { used: known.reached, limit, frees: (ms(known.reached_first) ?? now) + DAY },
    },
  };
}

function beforeOf(state: string | null): Facts["before"] {
  if (state === null) return "none";
  if (state === "planned" || state === "sending") return "open";
  return state === "failed" || state === "dropped" ? "failed" : "done";
}

const isObject = (value: unknown): value is Record<string, unknown> => typeof value === "object" && value !== null;

/** What a person is asked for marketing: only a plain no refuses. */
const refuses = (lead: Known["lead"]) => {
  const said = lead?.["external_ids"];
  return isObject(said) && said["marketing_consent"] === false;
};

const time = /^([01]\d|2[0-3]):[0-5]\d$/;

/** In the tenant's zone, and in the contact's where that is another. What does not have our shape is none. */
export function windowsOf(hours: unknown, timezone: string, lead: Known["lead"]): QuietHours[] {
  if (!isObject(hours)) return [];
  const { start, end } = hours;
  if (typeof start !== "string" || typeof end !== "string" || !time.test(start) || !time.test(end)) return [];
  const ids = lead?.["external_ids"];
  const phone = lead?.["phone_number"];
  const theirs = zoneOfContact(
    isObject(ids) ? ids["timezone"] : undefined,
    typeof phone === "string" ? phone : undefined,
  );
  return [...new Set([timezone, theirs ?? timezone])].map((zone) => ({ zone, start, end }));
}

function capsOf(caps: unknown): Caps {
  if (!isObject(caps)) return {};
  const names = ["per_contact_per_day", "per_contact_per_week", "per_contact"] as const;
  return Object.fromEntries(names.filter((name) => typeof caps[name] === "number").map((name) => [name, caps[name]]));
}

/** Found out by a message that was refused. */
export const isOfSending = (problem: string | null): boolean => problem?.startsWith("send.") ?? false;

/** `TIER_2K` is 2 000 people a day; null where there is no limit, or none is known. */
export function tierOf(limit: string | null): number | null {
  const parts = /^TIER_(\d+)(K?)$/.exec(limit ?? "");
  return parts ? Number(parts[1]) * (parts[2] ? 1_000 : 1) : null;
}
