// npm run audit:verify [-- --tenant 7] [--anchor] [--against heads.jsonl] — walks the audit chain of every tenant, as the owner
// named by MIGRATION_DATABASE_URL, and exits with 1 at the first link of a tenant that does not hold.
// A chain cannot tell that its end was cut off, nor that an owner wrote all of it anew: for that, print the heads with
// --anchor now and then, keep them where the database's owner cannot write, and give them back with --against.
import { readFileSync } from "node:fs";
import { parseArgs } from "node:util";
import pg from "pg";
import { type Anchor, type Break, type ChainRow, columns, walkChain } from "./audit-chain.ts";
import { listTenants } from "./rebuild.ts";

const PAGE = 5_000;

export type Walked = { tenantId: number; rows: number; head: Anchor; broken: Break | undefined };

/** Walks one tenant's chain, page by page. */
export async function walkTenant(client: pg.Client, tenantId: number, anchor?: Anchor): Promise<Walked> {
  const chain = walkChain(anchor);
  let rows = 0;
  let broken: Break | undefined;
  await client.query("SELECT set_config('app.tenant_id', $1, false)", [String(tenantId)]);
  for (let page: ChainRow[] = []; broken === undefined;) {
    ({ rows: page } = await client.query<ChainRow>(
      `SELECT ${columns} FROM audit_log WHERE tenant_id = $1 AND seq > $2 ORDER BY audit_log.seq LIMIT ${PAGE}`,
      [tenantId, chain.head().seq],
    ));
    // A row below the first place would be passed over.
    for (const row of page) if (!(broken ??= chain.next(row))) rows += 1;
    if (page.length < PAGE) break;
  }
  broken ??= chain.end();
  return { tenantId, rows, head: { tenant_id: tenantId, ...chain.head() }, broken };
}

/** Walks the chains of one tenant, or of all. */
export async function verifyAudit(
  url: string,
  { tenant, anchors = [] }: { tenant?: number | undefined; anchors?: readonly Anchor[] } = {},
): Promise<Walked[]> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    const tenants = tenant === undefined ? await listTenants(client) : [tenant];
    const walked: Walked[] = [];
    for (const tenantId of tenants) {
      const anchor = anchors.find(({ tenant_id }) => tenant_id === tenantId);
      walked.push(await walkTenant(client, tenantId, anchor));
    }
    return walked;
  } finally {
    await client.end();
  }
}

const readAnchors = (path: string): Anchor[] =>
  readFileSync(path, "utf8")
    .split("\n")
    .filter((line) => line.trim() !== "")
    .map((line) => JSON.parse(line) as Anchor);

if (import.meta.main) {
  const url = process.env["MIGRATION_DATABASE_URL"];
  const { values } = parseArgs({
    options: { tenant: { type: "string" }, anchor: { type: "boolean" }, against: { type: "string" } },
  });
  const tenant = values.tenant === undefined ? undefined : Number(values.tenant);
  if (!url || (tenant !== undefined && !Number.isInteger(tenant))) {
    console.error(
      "Usage: MIGRATION_DATABASE_URL=… npm run audit:verify [-- --tenant <id>] [--anchor] [--against <file>]",
    );
    process.exit(2);
  }
  const anchors = values.against === undefined ? [] : readAnchors(values.against);
  const walked = await verifyAudit(url, { tenant, anchors });
  const broken = walked.filter((one) => one.broken !== undefined);
  for (const { tenantId, broken: link } of broken)
    console.error(`✗ tenant ${tenantId}: row ${link?.seq} ${link?.reason}`);
  if (broken.length > 0) process.exit(1);
  if (values.anchor) for (const { head } of walked) console.log(JSON.stringify(head));
  else
    console.log(
      `${walked.reduce((sum, { rows }) => sum + rows, 0)} rows of ${walked.length} tenants: every link holds.`,
    );
}
