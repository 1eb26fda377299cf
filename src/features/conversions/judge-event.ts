// Whether an event may go to Meta now, later or never, and what it looks like there. Pure: what is known in, the verdict out.
// https://developers.facebook.com/docs/marketing-api/conversions-api/conversion-leads-integration/payload-specification
import { hashPerson, type Person, toLeadId } from "./hashing.ts";

const [MINUTE_MS, HOUR_MS] = [60_000, 3_600_000];
/** Meta refuses a whole batch for one event that is older; a minute is for the way. */
const OLDEST_MS = 7 * 24 * HOUR_MS - MINUTE_MS;
/** How long Meta knows an event again that it has: after that, a repetition would count twice. */
const KNOWN_AGAIN_MS = 48 * HOUR_MS - MINUTE_MS;

export type KnownEvent = {
  eventId: string;
  eventName: string;
  kind: "crm" | "ctwa";
  leadgenId: string | null;
  ctwaClid: string | null;
  occurredAt: Date;
  value: string | null;
  currency: string | null;
  maybeSentAt: Date | null;
  /** Of the lead as it is now. */
  isTest: boolean;
  isMerged: boolean;
  /** The latest word; null: none. */
  isGranted: boolean | null;
  /** False once the sale is no completed one any more; null where it is about none. */
  isCompleted: boolean | null;
  person: Person;
};

type Rules = { requiresConsent: boolean; wabaId: string | null; datasetId: string | null };

export type Verdict =
  | { kind: "send" }
  | { kind: "wait"; until: number; reason: string }
  | { kind: "end"; state: "expired" | "no_consent" | "excluded" | "unknown"; reason: string };

const end = (state: Extract<Verdict, { kind: "end" }>["state"], reason: string): Verdict => ({
  kind: "end",
  state,
  reason,
});

export function judgeEvent(event: KnownEvent, rules: Rules, now: number): Verdict {
  const at = event.occurredAt.getTime();
  if (event.isTest) return end("excluded", "test_lead");
  if (event.isMerged) return end("excluded", "merged_lead");
  if (event.isCompleted === false) return end("excluded", "sale_not_completed");
  if (event.isGranted === false) return end("no_consent", "refused");
  if (event.maybeSentAt && now - event.maybeSentAt.getTime() > KNOWN_AGAIN_MS) return end("unknown", "never_answered");
  const isMissing = rules.requiresConsent && event.isGranted === null;
  if (now - at > OLDEST_MS) return isMissing ? end("no_consent", "missing") : end("expired", "older_than_seven_days");
  // A word that comes wakes it sooner.
  if (isMissing) return { kind: "wait", until: now + 24 * HOUR_MS, reason: "no_consent" };
  if (at > now) return { kind: "wait", until: at, reason: "in_the_future" };
  if (rules.datasetId === null) return { kind: "wait", until: now + HOUR_MS, reason: "no_dataset" };
  return { kind: "send" };
}

/** The event as Meta takes it; undefined where it holds nothing to recognise anybody by. */
export async function toMetaEvent(
  event: KnownEvent,
  {
    wabaId,
    dataProcessing,
  }: { wabaId: string | null; dataProcessing: { options: readonly string[]; country: number; state: number } | null },
): Promise<object | undefined> {
  const isCtwa = event.kind === "ctwa";
  const leadId = toLeadId(event.leadgenId);
  const userData = isCtwa
    ? { whatsapp_business_account_id: wabaId ?? undefined, ctwa_clid: event.ctwaClid ?? undefined }
    : { ...(leadId !== undefined && { lead_id: leadId }), ...(await hashPerson(event.person)) };
  const keys = isCtwa ? [wabaId, event.ctwaClid] : ["lead_id", "em", "ph"].filter((key) => key in userData);
  if (isCtwa ? keys.includes(null) : keys.length === 0) return undefined;
  const money = event.value !== null && { value: Number(event.value), currency: event.currency };
  return {
    event_name: event.eventName,
    event_time: Math.floor(event.occurredAt.getTime() / 1000),
    event_id: event.eventId,
    ...(isCtwa
      ? { action_source: "business_messaging", messaging_channel: "whatsapp" }
      : { action_source: "system_generated" }),
    user_data: userData,
    custom_data: { ...(!isCtwa && { event_source: "crm", lead_event_source: SOURCE }), ...money },
    ...(dataProcessing && {
      data_processing_options: dataProcessing.options,
      data_processing_options_country: dataProcessing.country,
      data_processing_options_state: dataProcessing.state,
    }),
  };
}

export const SOURCE = "Marketing Hub CRM";

const [FIRST_WAIT_MS, LONGEST_WAIT_MS] = [MINUTE_MS, HOUR_MS];

/** How long an event waits after its n-th attempt that did not go through, or as long as Meta asked. */
export const waitAfter = (attempts: number, askedSeconds = 0): number =>
  Math.max(askedSeconds * 1000, Math.min(LONGEST_WAIT_MS, FIRST_WAIT_MS * 2 ** Math.min(attempts - 1, 10)));
