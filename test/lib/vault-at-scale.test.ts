// What a vault promises, in numbers. `npm run soak:vault` draws a million round trips and a hundred thousand changes.
import fc from "fast-check";
import { beforeAll, describe, expect, it } from "vitest";
import { createVault, type VaultPlace } from "../../src/lib/vault.ts";
import { seed } from "../oracle/in-batches.ts";
import { sealAsV1 } from "../support/envelopes.ts";
import { isFull } from "../support/full.ts";

const ROUND_TRIPS = isFull ? 1_000_000 : 1_000;
const CHANGES = isFull ? 100_000 : 2_500;
const AT_ONCE = 100;
const PATIENCE_MS = isFull ? 1_800_000 : 20_000;

const random = (bytes: number) => crypto.getRandomValues(new Uint8Array(bytes));
const ring = ["k1", "k2"].map((id) => ({ id, bytes: random(32) }));
const [k1, k2] = ring as [(typeof ring)[0], (typeof ring)[0]];
const vault = createVault(ring, random);

it(
  `${ROUND_TRIPS} secrets come back as they were, and no initialisation vector or data key is used twice`,
  async () => {
    const seen = new Set<string>();
    let trips = 0;
    const someSecrets = fc.array(fc.string({ unit: "grapheme", maxLength: 40 }), {
      minLength: AT_ONCE,
      maxLength: AT_ONCE,
    });
    await fc.assert(
      fc.asyncProperty(someSecrets, fc.nat(), fc.uuid(), async (secrets, tenantId, connectionId) => {
        const there = { tenantId, connectionId, kind: "user", version: trips };
        const envelopes = await Promise.all(secrets.map((secret) => vault.seal(secret, there)));
        const opened = await Promise.all(envelopes.map((envelope) => vault.open(envelope, there)));
        if (opened.some((secret, index) => secret !== secrets[index])) throw new Error("A secret came back altered.");
        for (const envelope of envelopes) {
          const [, , wrapped = "", iv = ""] = envelope.split(".");
          // Sixteen characters are twelve bytes.
          seen.add(iv).add(wrapped.slice(0, 16));
        }
        trips += secrets.length;
      }),
      { numRuns: ROUND_TRIPS / AT_ONCE, endOnFailure: true, seed },
    );
    expect(trips).toBe(ROUND_TRIPS);
    expect(seen.size).toBe(2 * ROUND_TRIPS);
  },
  PATIENCE_MS,
);

describe("an envelope that was changed, swapped or moved", () => {
  const places: VaultPlace[] = [0, 1, 2, 3, 4, 5].map((index) => ({
    tenantId: 1 + (index % 3),
    connectionId: `c${index % 2}`,
    kind: index < 3 ? "user" : "page",
    ...(index % 2 ? { version: 1 + index } : {}),
  }));
  const pool: { envelope: string; place: VaultPlace }[] = [];
  beforeAll(async () => {
    const turned = createVault([k2, k1], random);
    for (const place of places)
      for (const secret of ["EAAtoken", "EAAtoken", "another"])
        for (const envelope of [
          await vault.seal(secret, place),
          await turned.seal(secret, place),
          sealAsV1(secret, place, k1),
          sealAsV1(secret, place, k2),
        ])
          pool.push({ envelope, place });
  });

  const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_+/=. \n";
  const someText = fc.constantFrom(...alphabet.split(""), "");
  const change = fc.oneof(
    fc.record({ kind: fc.constant("text" as const), at: fc.nat(), by: someText, cut: fc.integer({ min: 0, max: 2 }) }),
    fc.record({ kind: fc.constant("bit" as const), part: fc.integer({ min: 2, max: 4 }), bit: fc.nat() }),
    fc.record({ kind: fc.constant("part" as const), part: fc.integer({ min: 0, max: 4 }), from: fc.nat() }),
    fc.record({ kind: fc.constant("envelope" as const), from: fc.nat() }),
    fc.record({
      kind: fc.constant("place" as const),
      field: fc.constantFrom(...fields()),
      by: fc.integer({ min: 1, max: 9 }),
    }),
    fc.record({ kind: fc.constant("end" as const), length: fc.nat() }),
  );

  it(
    `is refused: ${CHANGES} of ${CHANGES} (FC_SEED=${seed})`,
    async () => {
      const of = <T>(list: readonly T[], index: number): T => list[index % list.length] as T;
      let accepted = 0;
      let refused = 0;
      await fc.assert(
        fc.asyncProperty(fc.nat(), change, async (which, how) => {
          const { envelope, place } = of(pool, which);
          const parts = envelope.split(".");
          let altered = envelope;
          let elsewhere = place;
          if (how.kind === "text") {
            const at = how.at % (envelope.length + 1);
            altered = envelope.slice(0, at) + how.by + envelope.slice(at + how.cut);
          } else if (how.kind === "bit") {
            const part = Math.min(how.part, parts.length - 1);
            const bytes = Buffer.from(parts[part] ?? "", "base64url");
            const bit = how.bit % (8 * bytes.length);
            bytes.writeUInt8(bytes.readUInt8(bit >> 3) ^ (1 << (bit & 7)), bit >> 3);
            altered = parts.with(part, bytes.toString("base64url")).join(".");
          } else if (how.kind === "part") {
            const part = Math.min(how.part, parts.length - 1);
            altered = parts.with(part, of(pool, how.from).envelope.split(".")[part] ?? "").join(".");
          } else if (how.kind === "envelope") {
            // Another row's envelope in this row: it belongs here only when both are of one place.
            altered = of(pool, how.from).envelope;
            elsewhere = of(places, places.indexOf(of(pool, how.from).place) + 1 + (which % (places.length - 1)));
          } else if (how.kind === "place") {
            elsewhere = movedBy(place, how.field, how.by);
          } else altered = envelope.slice(0, how.length % envelope.length);
          // What was changed into itself is no change; a version says nothing to a v1, which has none.
          const isV1 = altered.startsWith("v1.");
          const same = altered === envelope && bindingOf(elsewhere, isV1) === bindingOf(place, isV1);
          const atHome = pool.some(
            (one) => one.envelope === altered && bindingOf(one.place, isV1) === bindingOf(elsewhere, isV1),
          );
          fc.pre(!same && !atHome);
          if ((await vault.open(altered, elsewhere)) === undefined) refused += 1;
          else accepted += 1;
        }),
        { numRuns: CHANGES, maxSkipsPerRun: 10, seed },
      );
      expect({ accepted, refused }).toEqual({ accepted: 0, refused: CHANGES });
    },
    PATIENCE_MS,
  );
});

function fields() {
  return ["tenantId", "connectionId", "kind", "version"] as const;
}

function movedBy(place: VaultPlace, field: keyof VaultPlace, by: number): VaultPlace {
  if (field === "tenantId") return { ...place, tenantId: place.tenantId + by };
  if (field === "version") return { ...place, version: (place.version ?? 0) + by };
  return { ...place, [field]: `${place[field]}${by}` };
}

function bindingOf({ version, ...place }: VaultPlace, isV1: boolean): string {
  return JSON.stringify(isV1 ? place : { ...place, version });
}
