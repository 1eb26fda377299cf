// A plain server that answers the same two questions: Fastify, pg with a pool of ten, the JWT checked by jose, and the
// obvious SQL. It connects as the superuser (no row level security) and has no rate limit, no audit and no kept answers:
// all of that is in its favour. Usage: DATABASE_URL=… JWT_SECRET=… node fastify.ts; prints its port.
import Fastify, { type FastifyRequest } from "fastify";
import { jwtVerify } from "jose";
import pg from "pg";
import { addDays, dayIn } from "../../../src/lib/dates.ts";
import { describeCampaigns, describeStats, type Figures } from "./answers.ts";
import * as questions from "./questions.ts";

declare module "fastify" {
  interface FastifyRequest {
    tenantId: number;
  }
}

const pool = new pg.Pool({ connectionString: process.env["DATABASE_URL"], max: 10 });
const secret = new TextEncoder().encode(process.env["JWT_SECRET"]);
const ask = <Row extends pg.QueryResultRow>(text: string, values: unknown[]): Promise<Row[]> =>
  questions.rows<Row>(pool, text, values);

const app = Fastify();
app.decorateRequest("tenantId", 0);

app.addHook("onRequest", async (request, answer) => {
  const token = request.headers.authorization?.replace(/^Bearer /, "") ?? "";
  const session = await jwtVerify(token, secret, { algorithms: ["HS256"] }).catch(() => undefined);
  if (!session) return answer.code(401).send({ success: false, detail: "Unauthorized" });
  const [membership] = await ask<{ tenant_id: number }>(questions.selectMembership, [session.payload["user_id"]]);
  if (!membership) return answer.code(403).send({ success: false, detail: "Forbidden" });
  request.tenantId = membership.tenant_id;
});

/** The last thirty days that are over, where the tenant lives; and the thirty before. */
const last30 = (timezone: string): questions.Window => {
  const today = dayIn(timezone, Date.now());
  const [since, previousSince] = [addDays(today, -30), addDays(today, -60)];
  return { since, until: addDays(today, -1), previousSince, previousUntil: addDays(since, -1) };
};

const read = async ({ tenantId }: FastifyRequest, { isStats }: { isStats: boolean }): Promise<Figures> => {
  const [tenant] = await ask<questions.Tenant>(questions.selectTenant, [tenantId]);
  if (!tenant) throw new Error("The tenant has no settings.");
  const window = last30(tenant.timezone);
  const days = [tenantId, window.since, window.until];
  const first = isStats ? window.previousSince : window.since;
  const [campaigns, spend, accounts, ads, outcomes] = await Promise.all([
    ask<questions.Campaign>(questions.selectCampaigns, [tenantId]),
    ask<questions.EntitySpend>(questions.spendByCampaign, days),
    ask<questions.AccountSpend>(questions.spendOfAccounts, [...days, first]),
    isStats ? ask<questions.Ad>(questions.topAds, days) : [],
    ask<questions.Outcome>(questions.outcomes, [...days, first, tenant.timezone]),
  ]);
  return { tenant, window, campaigns, spend, accounts, ads, outcomes };
};

const timestamp = () => new Date().toISOString();

const stats = async (request: FastifyRequest) => ({
  success: true,
  data: describeStats(await read(request, { isStats: true })),
  timestamp: timestamp(),
});

const campaigns = async (request: FastifyRequest) => ({
  success: true,
  ...describeCampaigns(await read(request, { isStats: false })),
  timestamp: timestamp(),
});

app.route({ method: "GET", url: "/crm/marketing/stats", handler: stats });
app.route({ method: "GET", url: "/crm/marketing/campaigns", handler: campaigns });

console.log(new URL(await app.listen({ host: "127.0.0.1", port: 0 })).port);
