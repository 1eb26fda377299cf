// The two walls between tenants, taken down one at a time.
import type { House } from "../support/house.ts";

type Wall = { name: string; raise: (house: House) => Promise<void>; restore: (house: House) => Promise<void> };

let taken = 0;

/** Makes `tenant_id = $n` true for every row, wherever a query says it. */
const withoutPredicates = (text: string): string =>
  text.replace(/((?:"?\w+"?\.)?"?tenant_id"?) = (\$\d+)/g, (_, column: string, parameter: string) => {
    taken += 1;
    return `(${column} = ${column} AND ${parameter}::text IS NOT NULL)`;
  });

// But for answer_versions, which has counters only: where row level security is off there, the worker lets nobody in.
async function setRowLevelSecurity(house: House, state: "ENABLE" | "DISABLE"): Promise<void> {
  const tables = await house.sql<{ name: string }>(
    `SELECT attrelid::regclass::text AS name FROM pg_attribute JOIN pg_class c ON c.oid = attrelid
     WHERE attname = 'tenant_id' AND relkind = 'r' AND relnamespace = 'public'::regnamespace AND relname <> 'answer_versions'`,
  );
  for (const { name } of tables) await house.sql(`ALTER TABLE ${name} ${state} ROW LEVEL SECURITY`);
}

const nothing = async () => undefined;

export const walls: readonly Wall[] = [
  { name: "both walls stand", raise: nothing, restore: nothing },
  {
    name: "row level security stands alone",
    raise: async (house) => {
      taken = 0;
      house.neon.setRewrite(withoutPredicates);
    },
    restore: async (house) => {
      house.neon.setRewrite(undefined);
      if (taken < 20) throw new Error(`The predicate was taken from ${taken} queries only.`);
    },
  },
  {
    name: "the predicates stand alone",
    raise: (house) => setRowLevelSecurity(house, "DISABLE"),
    restore: (house) => setRowLevelSecurity(house, "ENABLE"),
  },
];

export const noWall: Wall = {
  name: "no wall stands",
  raise: async (house) => {
    house.neon.setRewrite(withoutPredicates);
    await setRowLevelSecurity(house, "DISABLE");
  },
  restore: async (house) => {
    house.neon.setRewrite(undefined);
    await setRowLevelSecurity(house, "ENABLE");
  },
};
