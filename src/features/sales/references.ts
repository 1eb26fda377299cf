// Who and what the rows of a request speak of.
import type { Problem } from "../../errors.ts";

/** By our id, by the CRM's, or not at all. */
export type Reference = { id?: string | undefined; externalId?: string | undefined };

export type Known = { id: string; externalId: string | null };

export const isGiven = ({ id, externalId }: Reference): boolean => id !== undefined || externalId !== undefined;

/** Rows found by one lookup, by either id. */
export function index<K extends Known>(rows: readonly K[]) {
  const byId = new Map(rows.map((row) => [row.id, row]));
  const byExternalId = new Map(
    rows.flatMap((row) => (row.externalId === null ? [] : [[row.externalId, row] as const])),
  );
  return {
    /** Undefined where either is unknown, or they are not the same one. */
    find: ({ id, externalId }: Reference): K | undefined => {
      const found = id === undefined ? byExternalId.get(externalId ?? "") : byId.get(id);
      return externalId === undefined || found?.externalId === externalId ? found : undefined;
    },
  };
}

export const unknown = (index: number, name: string, { id }: Reference): Problem => ({
  index,
  field: id === undefined ? `${name}_external_id` : `${name}_id`,
  problem: "no existe",
});

/** Places whose external_id came before. */
export function findRepeated(items: readonly { externalId?: string | undefined }[]): Problem[] {
  const seen = new Set<string>();
  return items.flatMap(({ externalId }, index) => {
    if (externalId === undefined) return [];
    if (seen.has(externalId)) return [{ index, field: "external_id", problem: "está repetido en el pedido" }];
    seen.add(externalId);
    return [];
  });
}
