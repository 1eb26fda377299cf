// Drizzle in the bundle, and in these tests, is a cut copy (.drizzle.mjs): it must build and read as the package does.
import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import * as wholeOrm from "drizzle-orm";
import * as wholeNeon from "drizzle-orm/neon-http";
import * as wholePg from "drizzle-orm/pg-core";
import { beforeAll, describe, expect, it, test } from "vitest";
import { createDatabase } from "../src/adapters/db/client.ts";
import { root } from "./world/root.ts";

type Drizzle = { orm: typeof wholeOrm; neon: typeof wholeNeon; pg: typeof wholePg };

const PACKAGE = "node_modules/drizzle-orm";
const whole: Drizzle = { orm: wholeOrm, neon: wholeNeon, pg: wholePg };
const cut = (cwd: string) => execFileSync(process.execPath, [join(root, ".drizzle.mjs")], { cwd, stdio: "pipe" });
let ours: Drizzle;

beforeAll(async () => {
  cut(root);
  const copy = (name: string): Promise<unknown> => import(join(root, `node_modules/.cache/drizzle/${name}.mjs`));
  ours = { orm: await copy("index"), neon: await copy("neon-http"), pg: await copy("pg-core") } as Drizzle;
});

const tablesOf = ({ orm, pg }: Drizzle) => {
  const tenants = pg.pgTable("tenants", { id: pg.integer("id").primaryKey(), name: pg.text("name").unique() });
  const leads = pg.pgTable(
    "leads",
    {
      id: pg.uuid("id").notNull().defaultRandom(),
      tenantId: pg
        .integer("tenant_id")
        .notNull()
        .references(() => tenants.id),
      at: pg.timestamp("at", { withTimezone: true }).defaultNow(),
      on: pg.date("on"),
      spend: pg.numeric("spend", { precision: 18, scale: 6 }),
      big: pg.bigint("big", { mode: "number" }),
      raw: pg.jsonb("raw"),
      tags: pg.text("tags").array(),
      isTest: pg.boolean("is_test").default(false),
    },
    (t) => [
      pg.primaryKey({ columns: [t.tenantId, t.id] }),
      pg.index("leads_at").on(t.tenantId, t.at.desc()),
      pg
        .uniqueIndex("leads_big")
        .on(t.big)
        .where(orm.sql`is_test`),
      pg.check("leads_spend", orm.sql`spend > 0`),
      pg.unique("leads_on").on(t.on),
      pg.foreignKey({ columns: [t.tenantId], foreignColumns: [tenants.id] }),
      pg.pgPolicy("wall", { using: orm.sql`true` }),
    ],
  );
  return { tenants, leads };
};

type Statement = { _prepare: () => { getQuery: () => { sql: string; params: unknown[] } } };

/** What is sent for a row of answers, and what comes of it. */
async function ask(drizzle: Drizzle, make: (q: wholeNeon.NeonHttpDatabase, d: Drizzle) => unknown, rows: unknown[][]) {
  const sent: unknown[] = [];
  const query = (sql: string, params: unknown[], options: unknown) => {
    sent.push({ sql, params, options });
    return Promise.resolve({ rows, fields: [], rowCount: rows.length, command: "" });
  };
  const client = { query, transaction: (queries: unknown[]) => Promise.all(queries) };
  const db = drizzle.neon.drizzle(client as never);
  const built = make(db as never, drizzle) as Statement;
  const got: unknown = await db.batch([built as never]);
  // What types they have only another driver asks.
  const { sql, params } = built._prepare().getQuery();
  return { sql, params, sent, got };
}

const lead = ["9", 1, "2026-08-01 10:00:00+00", "2026-08-01", "1.50", "12", { a: 1 }, "{a,b}", true];
const cases: [string, (q: wholeNeon.NeonHttpDatabase, d: Drizzle) => unknown, unknown[][]][] = [
  ["select", (q, d) => q.select().from(tablesOf(d).leads), [lead]],
  [
    "a page",
    (q, d) => {
      const { leads } = tablesOf(d);
      const { and, desc, eq, gt, inArray, isNull, or, count } = d.orm;
      return q
        .select({ id: leads.id, n: count(), x: d.orm.sql<number>`coalesce(${leads.big}, 0)`.mapWith(Number) })
        .from(leads)
        .where(and(eq(leads.tenantId, 1), or(isNull(leads.on), gt(leads.at, new Date(0))), inArray(leads.id, ["a"])))
        .groupBy(leads.id)
        .having(gt(count(), 1))
        .orderBy(desc(leads.at), leads.id)
        .limit(10)
        .offset(20)
        .for("update", { skipLocked: true });
    },
    [["9", "3", "4"]],
  ],
  [
    "joins",
    (q, d) => {
      const { leads, tenants } = tablesOf(d);
      return q
        .selectDistinct()
        .from(leads)
        .leftJoin(tenants, d.orm.eq(tenants.id, leads.tenantId))
        .innerJoin(d.pg.alias(tenants, "other"), d.orm.ne(tenants.name, leads.id));
    },
    [[...lead, null, null, 2, "b"]],
  ],
  [
    "a subquery, and one before",
    (q, d) => {
      const { leads, tenants } = tablesOf(d);
      const first = q.$with("first").as(q.select({ id: leads.tenantId }).from(leads));
      const second = q
        .select({ id: tenants.id, low: d.orm.sql<string>`lower(name)`.as("low") })
        .from(tenants)
        .as("s");
      return q.with(first).select().from(first).innerJoin(second, d.orm.eq(first.id, second.id));
    },
    [[1, 1, "x"]],
  ],
  [
    "insert",
    (q, d) => {
      const { leads } = tablesOf(d);
      return q
        .insert(leads)
        .values([
          { tenantId: 1, at: new Date(0), raw: { a: [1] }, tags: ["a", 'b"c'] },
          { tenantId: 2, big: 7, spend: "1.5" },
        ])
        .onConflictDoUpdate({
          target: [leads.tenantId, leads.id],
          set: { big: d.orm.sql`excluded.big` },
          setWhere: d.orm.sql`true`,
        })
        .returning({ id: leads.id, at: leads.at });
    },
    [["9", "2026-08-01 10:00:00+00"]],
  ],
  ["insert once", (q, d) => q.insert(tablesOf(d).tenants).values({ id: 1 }).onConflictDoNothing(), []],
  [
    "insert what is selected",
    (q, d) => {
      const { tenants } = tablesOf(d);
      return q.insert(tenants).select(q.select({ id: tenants.id, name: tenants.name }).from(tenants));
    },
    [],
  ],
  [
    "update",
    (q, d) => {
      const { leads, tenants } = tablesOf(d);
      return q
        .update(leads)
        .set({ big: 5, raw: null, on: "2026-08-01", isTest: d.orm.sql`not is_test` })
        .from(tenants)
        .where(d.orm.eq(leads.tenantId, tenants.id))
        .returning();
    },
    [[...lead, 1, "a"]],
  ],
  [
    "delete",
    (q, d) =>
      q
        .delete(tablesOf(d).leads)
        .where(d.orm.lte(tablesOf(d).leads.big, 3))
        .returning(),
    [lead],
  ],
  [
    "SQL",
    (q, d) =>
      q.execute(d.orm.sql`select ${1}, ${d.orm.sql.raw("now()")}, ${tablesOf(d).leads.at} from ${tablesOf(d).leads}`),
    [[1]],
  ],
];

describe("the copy of Drizzle", () => {
  test.each(cases)("asks and reads as the package does: %s", async (_, make, rows) => {
    const [mine, theirs] = [await ask(ours, make, rows), await ask(whole, make, rows)];
    expect(mine.sent).toHaveLength(1);
    expect(JSON.parse(JSON.stringify(mine))).toEqual(JSON.parse(JSON.stringify(theirs)));
    expect(mine.got).toEqual(theirs.got);
  });

  it("knows the constraints where tools read them", () => {
    const told = (drizzle: Drizzle) => {
      const config = whole.pg.getTableConfig(tablesOf(drizzle).leads);
      const count = Object.entries(config).map(([key, value]) => [key, Array.isArray(value) ? value.length : value]);
      return [
        Object.fromEntries(count),
        config.foreignKeys.map((key) => key.getName()),
        config.indexes.map((one) => one.config.name),
      ];
    };
    const strip = (value: unknown) => JSON.stringify(value);
    expect(strip(told(ours))).toBe(strip(told(whole)));
    expect(strip(told(ours))).toContain('"primaryKeys":1');
  });

  it("is what our own code gets here, as it does in the bundle", () => {
    const options = { connectionString: "postgresql://a:b@ep.neon.tech/c", fetch };
    expect(["select" in createDatabase(options), "$withAuth" in createDatabase(options)]).toEqual([true, false]);
    expect("$withAuth" in whole.neon.drizzle({} as never)).toBe(true);
  });

  it("says at once that something is left out", () => {
    const { leads } = tablesOf(ours);
    const q = ours.neon.drizzle({} as never);
    expect(() => q.select().from(leads).union(q.select().from(leads))).toThrow("union is not a function");
    expect(() => q.$count(leads)).toThrow("$count is not a function");
    expect(() => new ours.orm.DefaultLogger()).toThrow("DefaultLogger is left out");
  });
});

test.each([
  ["another version", "package.json", (text: string) => text.replace('"0.45.4"', '"0.45.5"'), /not 0\.45\.5/],
  [
    "other code",
    "pg-core/session.js",
    (text: string) => text.replace("class PgTransaction", "class Pg"),
    /PgTransaction/,
  ],
  ["another shape", "pg-core/policies.js", (text: string) => text.replace("pgPolicy\n};", "policy\n};"), /no pgPolicy/],
])("%s is refused", (_, file, change, complaint) => {
  const elsewhere = mkdtempSync(join(tmpdir(), "drizzle-"));
  try {
    const path = join(elsewhere, PACKAGE, file);
    for (const folder of new Set([PACKAGE, dirname(join(PACKAGE, file))])) {
      rmSync(join(elsewhere, folder), { force: true });
      mkdirSync(join(elsewhere, folder), { recursive: true });
      for (const name of readdirSync(join(root, folder)))
        symlinkSync(join(root, folder, name), join(elsewhere, folder, name));
    }
    const text = readFileSync(path, "utf8");
    rmSync(path);
    writeFileSync(path, change(text));
    expect(() => cut(elsewhere)).toThrow(complaint);
  } finally {
    rmSync(elsewhere, { recursive: true, force: true });
  }
});
