// The chain of one tenant's audit, walked without trusting the database: the text that is hashed is made here again.
import { createHash } from "node:crypto";

/** All fields as text, as `columns` asks for them. */
export type ChainRow = { seq: string; prev_hash: string; hash: string } & Record<string, string | null>;

/** A head that was kept elsewhere. */
export type Anchor = { tenant_id: number; seq: number; hash: string };

export type Break = { seq: number; reason: string };

const hashed = [
  "prev_hash",
  "tenant_id",
  "seq",
  "occurred_at",
  "actor",
  "role",
  "action",
  "target",
  "outcome",
  "reason",
  "http_status",
  "request_id",
  "ip",
  "diff",
] as const;

/** The select list: each field as audit_hash (drizzle/0007) writes it. */
export const columns = [
  ...hashed.map((name) =>
    name === "occurred_at"
      ? `to_char(occurred_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"') AS occurred_at`
      : `${name}::text AS ${name}`,
  ),
  "hash",
].join(", ");

export function hashOf(row: ChainRow): string {
  const fields = ["v1", ...hashed.map((name) => row[name] ?? null)];
  const text = fields.map((field) => (field === null ? "-" : `${Buffer.byteLength(field)}:${field}`)).join(",");
  return createHash("sha256").update(text).digest("hex");
}

/** Takes rows in the order of `seq`; the first link that does not hold is what `next` and `end` answer. */
export function walkChain(anchor?: Anchor) {
  let seq = 0;
  let hash = "";
  return {
    head: () => ({ seq, hash }),
    next(row: ChainRow): Break | undefined {
      const found = Number(row.seq);
      if (found > seq + 1) return { seq: seq + 1, reason: "is missing" };
      if (found !== seq + 1) return { seq: found, reason: "is there twice" };
      if (row.prev_hash !== hash) return { seq: found, reason: "does not follow the row before it" };
      if (hashOf(row) !== row.hash) return { seq: found, reason: "is not what was written" };
      if (anchor?.seq === found && anchor.hash !== row.hash)
        return { seq: found, reason: "differs from the anchor: rows up to here were written anew" };
      [seq, hash] = [found, row.hash];
      return undefined;
    },
    end: (): Break | undefined =>
      anchor && anchor.seq > seq ? { seq: seq + 1, reason: "is missing: the anchor knows more rows" } : undefined,
  };
}
