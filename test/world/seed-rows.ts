// The story as rows. Everything follows from indices: the same day gives the same rows.
import { dayNumberIn, dayText, startOfDay } from "./meta/calendar.ts";
import { demoBusiness } from "./meta/business.ts";
import { type DemoTenant, demoUsers } from "./seed-people.ts";
import { type DemoCampaign, type DemoSale, withoutCampaign } from "./seed-story.ts";

export type Row = Record<string, string | number | boolean | null>;
export type Rows = { leads: Row[]; opportunities: Row[]; sales: Row[] };

const DAY_MS = 86_400_000;
const DECIDES_AFTER_DAYS = 12;
const REFUND_AFTER_DAYS = 5;

const firstNames =
  "Martina Benjamín Sofía Thiago Camila Joaquín Valentina Bautista Florencia Santino Isidora Vicente Antonia Matías Renata Agustín Josefina Facundo Micaela Gonzalo".split(
    " ",
  );
const lastNames =
  "Acosta Benítez Cabrera Díaz Escobar Figueroa Godoy Herrera Ibáñez Juárez Luna Molina Navarro Ojeda Peralta Quiroga Ríos Sepúlveda Toledo Vergara Zapata".split(
    " ",
  );
const openStages = ["qualified", "proposal", "negotiation", "closed_lost"] as const;

const at = <T>(list: readonly T[], index: number): T => list[index % list.length] as T;
const plain = (text: string) =>
  text
    .normalize("NFD")
    .replace(/[^a-zA-Z]/g, "")
    .toLowerCase();

/** All rows of one tenant for a story told on the day of `now`. */
export const rowsFor = (tenant: DemoTenant, campaigns: readonly DemoCampaign[], now: number, alone: boolean): Rows => {
  const { id: tenantId, timezone, currency } = tenant;
  const rows: Rows = { leads: [], opportunities: [], sales: [] };
  const today = dayNumberIn(timezone, now);

  const uuid = (kind: 1 | 2 | 3, place: number) =>
    `0000000${tenantId}-000${kind}-4000-8000-${String(place).padStart(12, "0")}`;
  const instant = (daysAgo: number, place: number) => {
    const minutes = (9 + ((place * 7) % 11)) * 60 + ((place * 13) % 60);
    return new Date(Math.min(startOfDay(timezone, today - daysAgo) + minutes * 60_000, now)).toISOString();
  };
  const later = (time: string, days: number) => new Date(Math.min(Date.parse(time) + days * DAY_MS, now)).toISOString();

  const addLead = (daysAgo: number, origin: { source: string; campaignId?: string | null; adId?: string | null }) => {
    const place = rows.leads.length + 1;
    const [first, last] = [at(firstNames, place * 3), at(lastNames, place * 5)];
    const createdAt = instant(daysAgo, place);
    const lead = {
      tenant_id: tenantId,
      id: uuid(1, place),
      first_name: first,
      last_name: last,
      phone_number: `+5491155500${String(place).padStart(3, "0")}`,
      email: `${plain(first)}.${plain(last)}.${place}@correo.example`,
      status: at(["new", "contacted", "qualified"], place),
      assigned_seller_id: at([demoUsers.setter.id, demoUsers.secretary.id, null], place),
      lead_source: origin.source,
      meta_campaign_id: origin.campaignId ?? null,
      meta_ad_id: origin.adId ?? null,
      created_at: createdAt,
      updated_at: createdAt,
    };
    rows.leads.push(lead);
    return lead;
  };

  const addOpportunity = (
    lead: ReturnType<typeof addLead>,
    value: string,
    of: string,
    stage: string,
    closedAt: string | null,
  ) => {
    const id = uuid(2, rows.opportunities.length + 1);
    const createdAt = later(lead.created_at, 2);
    rows.opportunities.push({
      tenant_id: tenantId,
      id,
      lead_id: lead.id,
      seller_id: demoUsers.setter.id,
      name: `Presupuesto de ${lead.first_name} ${lead.last_name}`,
      value,
      currency: of,
      stage,
      closed_at: closedAt,
      created_at: createdAt,
      updated_at: closedAt ?? createdAt,
    });
    return id;
  };

  const addSale = (opportunityId: string, leadId: string, sale: DemoSale, usual: string) => {
    const shared = {
      tenant_id: tenantId,
      opportunity_id: opportunityId,
      lead_id: leadId,
      currency: sale.currency ?? usual,
    };
    const add = (daysAgo: number, more: Row) => {
      const id = uuid(3, rows.sales.length + 1);
      rows.sales.push({ ...shared, id, transaction_date: dayText(today - daysAgo), payment_method: "card", ...more });
      return id;
    };
    const paid = { kind: "sale", parent_id: null, amount: sale.amount, payment_status: sale.status ?? "completed" };
    const parent = add(sale.daysAgo, paid);
    if (sale.refunded === undefined) return;
    const refund = { kind: "refund", parent_id: parent, amount: `-${sale.refunded}`, payment_status: "completed" };
    add(sale.daysAgo - REFUND_AFTER_DAYS, refund);
  };

  const tellSale = (lead: ReturnType<typeof addLead>, sale: DemoSale, usual: string) => {
    const stage = sale.status === "failed" ? "closed_lost" : "closed_won";
    const closedAt = instant(sale.daysAgo, rows.sales.length);
    const id = addOpportunity(lead, sale.amount, sale.currency ?? usual, stage, closedAt);
    addSale(id, lead.id, sale, usual);
  };

  for (const { campaignId, currency: usual, from, until, leads, opportunities, sales } of campaigns) {
    const { adIds } = demoBusiness.idsUnder(campaignId);
    const origin = (place: number) => ({
      source: "META_ADS",
      // Click-to-WhatsApp leads know only their ad, some forms only their campaign.
      campaignId: place % 5 === 4 ? null : campaignId,
      adId: place % 7 === 6 && place % 5 !== 4 ? null : at(adIds, place),
    });
    sales.forEach((sale, place) => tellSale(addLead(sale.daysAgo + DECIDES_AFTER_DAYS, origin(place)), sale, usual));
    const others = leads - sales.length;
    for (let place = 0; place < others; place += 1) {
      const daysAgo = Math.round(from - ((from - until) * place) / Math.max(1, others - 1));
      const lead = addLead(daysAgo, origin(place + sales.length));
      if (place >= opportunities - sales.length) continue;
      const stage = at(openStages, place);
      addOpportunity(lead, "250000", usual, stage, stage === "closed_lost" ? later(lead.created_at, 9) : null);
    }
  }
  if (alone) return rows;

  for (let place = 0; place < withoutCampaign.organic; place += 1) {
    const lead = addLead(90 - 7 * place, { source: "ORGANIC" });
    const amount = withoutCampaign.organicSales[place];
    if (amount !== undefined) tellSale(lead, { daysAgo: 60 - 7 * place, amount }, currency);
  }
  for (let place = 0; place < withoutCampaign.unattributed; place += 1)
    addLead(50 - 11 * place, { source: "META_ADS" });
  return rows;
};
