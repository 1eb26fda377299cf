// What a look at Meta changes, in ids: nothing to tell where all is as it was.
import { type Asset, type Found, keyOf, type News } from "./assets.queries.ts";

/** `looked`: the kinds that Meta was asked for; of the others, what is not found is not lost. */
export function newsOf(
  known: readonly Asset[],
  found: readonly Found[],
  { taken, looked }: { taken: ReadonlySet<string>; looked: readonly string[] },
): { news: News; lost: Asset[] } {
  const before = new Map(known.map((asset) => [keyOf(asset), asset]));
  const now = new Set(found.map(keyOf));
  const lost = known.filter(
    (asset) => asset.releasedAt === null && looked.includes(asset.kind) && !now.has(keyOf(asset)),
  );
  const isBound = (asset: Asset | undefined) => asset?.releasedAt === null;
  return {
    lost,
    news: {
      bound: found
        .map(keyOf)
        .filter((key) => !taken.has(key) && !isBound(before.get(key)) && !before.get(key)?.declinedAt),
      taken: found.map(keyOf).filter((key) => taken.has(key) && before.get(key)?.problem !== "asset.taken"),
      lost: lost.filter(({ problem }) => problem !== "asset.lost").map(keyOf),
    },
  };
}
