// Before anything is measured: the peer and we say the same.
import type { BenchWorld } from "./bench-world.ts";
import type { Headers } from "./readers.ts";

type Answer = { json: unknown; bytes: number; etag: string | null };

/** Each figure by its name: what we say of it, and what the peer says. */
type Figures = Map<string, [unknown, unknown]>;

const read = async (url: string, headers: Headers): Promise<Answer> => {
  const answer = await fetch(url, { headers });
  const text = await answer.text();
  if (!answer.ok) throw new Error(`GET ${url} answered ${answer.status}: ${text}`);
  return { json: JSON.parse(text), bytes: Buffer.byteLength(text), etag: answer.headers.get("etag") };
};

const at = (json: unknown, path: string): unknown =>
  path.split(".").reduce<unknown>((value, key) => (value as Record<string, unknown> | undefined)?.[key], json);

const rowsAt = (json: unknown, path: string): Map<unknown, unknown> => {
  const rows = at(json, path);
  if (!Array.isArray(rows)) throw new Error(`${path} is no list.`);
  return new Map(rows.map((row: unknown) => [at(row, "id"), row]));
};

const outcomes = ["leads", "opportunities", "won", "revenue"];

const compared = {
  stats: {
    figures: [
      "marketing_spend",
      "sales_revenue",
      "leads",
      "opportunities",
      "roi_percentage",
      "roi.won",
      ...["leads", "opportunities", "revenue", "spend"].flatMap((name) => [
        `changes.${name}.value`,
        `changes.${name}.pct`,
      ]),
      "changes.roi.value",
      ...["organic", "unattributed"].flatMap((way) => outcomes.map((name) => `outside.${way}.${name}`)),
    ].map((figure) => `data.${figure}`),
    lists: ["data.campaigns.campaigns", "data.campaigns.creatives", "data.meta.campaigns.campaigns"],
  },
  campaigns: {
    figures: ["total", ...["spend", "roi", ...outcomes].map((name) => `totals.${name}`)],
    lists: ["data"],
  },
};

const figuresOf = (ours: unknown, peers: unknown, { figures, lists }: (typeof compared)["stats"]): Figures => {
  const found: Figures = new Map(figures.map((path) => [path, [at(ours, path), at(peers, path)]]));
  for (const list of lists) {
    const [own, others] = [rowsAt(ours, list), rowsAt(peers, list)];
    found.set(`length of ${list}`, [own.size, others.size]);
    for (const [id, row] of own)
      for (const name of ["spend", ...outcomes])
        found.set(`${list} ${String(id)} ${name}`, [at(row, name), at(others.get(id), name)]);
  }
  return found;
};

export type Compared = { path: string; figures: number; bytes: number; peerBytes: number; etag: string };

/** Throws when a figure of one is not that of the other: a comparison of different answers would lie. */
export const compareAnswers = async (
  { worker, peer }: BenchWorld,
  path: string,
  what: keyof typeof compared,
  reader: Headers,
): Promise<Compared> => {
  const [ours, peers] = await Promise.all([read(worker.url + path, reader), read(peer.url + path, reader)]);
  const figures = figuresOf(ours.json, peers.json, compared[what]);
  const different = [...figures].filter(([, [one, other]]) => one === undefined || one !== other);
  if (different.length > 0) {
    const said = different
      .slice(0, 10)
      .map(([name, both]) => `  ${name}: ${both.map(String).join(", the peer says ")}`);
    throw new Error(`${different.length} of ${figures.size} figures of ${path} differ:\n${said.join("\n")}`);
  }
  if (ours.etag === null) throw new Error(`${path} has no ETag.`);
  return { path, figures: figures.size, bytes: ours.bytes, peerBytes: peers.bytes, etag: ours.etag };
};
