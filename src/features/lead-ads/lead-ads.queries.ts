import { and, asc, desc, eq, inArray, lt, sql } from "drizzle-orm";
import { runAudited } from "../../adapters/db/audit.ts";
import { touchpoints } from "../../adapters/db/schema/attribution.ts";
import { leadForms, leadReceipts } from "../../adapters/db/schema/lead-ads.ts";
import { ads } from "../../adapters/db/schema/structure.ts";
import type { MetaForm, Needs } from "../../context.ts";

export type Form = typeof leadForms.$inferSelect;
export type Receipt = typeof leadReceipts.$inferSelect;

/** Meta forgets a lead after ninety days. */
const KEPT_MS = 97 * 86_400_000;
/** A lead that Meta says is not there, hour after hour, for three days. */
const TRIES = 72;

const isForm = (db: Needs<"db">["db"], formId: string) => and(db.mine(leadForms), eq(leadForms.formId, formId));

export const listForms = ({ db }: Needs<"db">): Promise<Form[]> =>
  db.one(db.q.select().from(leadForms).where(db.mine(leadForms)).orderBy(asc(leadForms.name), asc(leadForms.formId)));

export async function findForm({ db }: Needs<"db">, formId: string): Promise<Form | undefined> {
  const [found] = await db.one(db.q.select().from(leadForms).where(isForm(db, formId)));
  return found;
}

/** Stores what Meta tells of a page's forms; a new one is read from `since` on. */
export async function saveForms(
  { db, now }: Needs<"db" | "now">,
  { pageId, since, forms }: { pageId: string; since: Date; forms: readonly MetaForm[] },
): Promise<Form[]> {
  const updatedAt = new Date(now());
  if (forms.length > 0)
    await db.one(
      db.q
        .insert(leadForms)
        .values(forms.map((form) => ({ ...form, tenantId: db.tenantId, pageId, checkpoint: since, updatedAt })))
        .onConflictDoUpdate({
          target: [leadForms.tenantId, leadForms.formId],
          set: {
            pageId,
            name: sql`excluded.name`,
            status: sql`excluded.status`,
            locale: sql`excluded.locale`,
            questions: sql`excluded.questions`,
            updatedAt,
          },
        }),
    );
  return db.one(
    db.q
      .select()
      .from(leadForms)
      .where(and(db.mine(leadForms), eq(leadForms.pageId, pageId)))
      // Who waited longest goes first.
      .orderBy(asc(leadForms.checkpoint), asc(leadForms.formId)),
  );
}

export async function saveMapping(
  ctx: Needs<"db" | "now" | "audit">,
  formId: string,
  mapping: Record<string, string>,
): Promise<Form | undefined> {
  const { db } = ctx;
  const [[saved]] = await runAudited(
    ctx,
    { diff: { questions: Object.keys(mapping).length } },
    db.q
      .update(leadForms)
      .set({ mapping, updatedAt: new Date(ctx.now()) })
      .where(isForm(db, formId))
      .returning(),
  );
  return saved;
}

/** How far the form has been read; never back. */
export async function noteRead(
  { db, now }: Needs<"db" | "now">,
  formId: string,
  { checkpoint, problem }: { checkpoint: Date | undefined; problem: string | null },
): Promise<void> {
  const at = new Date(now());
  await db.one(
    db.q
      .update(leadForms)
      .set({
        checkedAt: at,
        problem,
        updatedAt: at,
        ...(checkpoint && { checkpoint: sql`GREATEST(checkpoint, ${checkpoint.toISOString()}::timestamptz)` }),
      })
      .where(isForm(db, formId)),
  );
}

/** Which of these leads need nothing more. */
export async function listSettled({ db }: Needs<"db">, leadgenIds: readonly string[]): Promise<Set<string>> {
  if (leadgenIds.length === 0) return new Set();
  const [receipts, touches] = await db.run(
    db.q
      .select({ id: leadReceipts.leadgenId })
      .from(leadReceipts)
      .where(
        and(
          db.mine(leadReceipts),
          inArray(leadReceipts.leadgenId, [...leadgenIds]),
          inArray(leadReceipts.status, ["done", "dropped"]),
        ),
      ),
    // Those that the main CRM sent with their id.
    db.q
      .select({ id: touchpoints.leadgenId })
      .from(touchpoints)
      .where(and(db.mine(touchpoints), inArray(touchpoints.leadgenId, [...leadgenIds]))),
  );
  return new Set([...receipts, ...touches].flatMap(({ id }) => id ?? []));
}

export async function saveReceipt(
  { db, now }: Needs<"db" | "now">,
  receipt: Pick<Receipt, "leadgenId" | "pageId" | "formId" | "status" | "problem">,
): Promise<void> {
  const at = new Date(now());
  await db.one(
    db.q
      .insert(leadReceipts)
      .values({ ...receipt, tenantId: db.tenantId, receivedAt: at, updatedAt: at })
      .onConflictDoUpdate({
        target: [leadReceipts.tenantId, leadReceipts.leadgenId],
        set: {
          formId: sql`COALESCE(excluded.form_id, lead_receipts.form_id)`,
          // What is done stays done. What Meta keeps saying is not there is not there.
          status: sql`CASE WHEN lead_receipts.status = 'done' THEN 'done'
            WHEN excluded.problem = 'meta.not_found' AND lead_receipts.attempts >= ${TRIES} THEN 'dropped'
            ELSE excluded.status END`,
          problem: sql`CASE WHEN lead_receipts.status <> 'done' THEN excluded.problem END`,
          attempts: sql`lead_receipts.attempts + 1`,
          updatedAt: at,
        },
      }),
  );
}

/** Leads of the page that could not be read or stored, those first that waited longest for another try. */
export const listFailed = ({ db }: Needs<"db">, pageId: string, limit: number): Promise<Receipt[]> =>
  db.one(
    db.q
      .select()
      .from(leadReceipts)
      .where(and(db.mine(leadReceipts), eq(leadReceipts.pageId, pageId), eq(leadReceipts.status, "failed")))
      .orderBy(asc(leadReceipts.updatedAt))
      .limit(limit),
  );

export async function forgetOldReceipts({ db, now }: Needs<"db" | "now">): Promise<void> {
  await db.one(
    db.q.delete(leadReceipts).where(and(db.mine(leadReceipts), lt(leadReceipts.receivedAt, new Date(now() - KEPT_MS)))),
  );
}

/** What is known of an ad. */
export async function findAd({ db }: Needs<"db">, adId: string) {
  const [found] = await db.one(
    db.q
      .select({ campaignId: ads.campaignId, adSetId: ads.adSetId, title: ads.title, body: ads.body })
      .from(ads)
      .where(and(db.mine(ads), eq(ads.adId, adId))),
  );
  return found;
}

export const countFailed = async ({ db }: Needs<"db">): Promise<{ formId: string | null; failed: number }[]> =>
  db.one(
    db.q
      .select({ formId: leadReceipts.formId, failed: sql<number>`count(*)::integer` })
      .from(leadReceipts)
      .where(and(db.mine(leadReceipts), eq(leadReceipts.status, "failed")))
      .groupBy(leadReceipts.formId)
      .orderBy(desc(sql`2`)),
  );
