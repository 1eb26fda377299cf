import fc from "fast-check";
import { describe, expect, it, test, vi } from "vitest";
import { createVault, type VaultKey, type VaultPlace } from "../../src/lib/vault.ts";
import { openV2, sealAsV1 } from "../support/envelopes.ts";

const random = (bytes: number) => crypto.getRandomValues(new Uint8Array(bytes));
const key = (id: string, fill: number): VaultKey => ({ id, bytes: new Uint8Array(32).fill(fill) });
const k1 = key("k1", 1);
const k2 = key("k2", 2);
const place: VaultPlace = { tenantId: 7, connectionId: "c-1", kind: "user" };
const vaultOf = (...ring: VaultKey[]) => createVault(ring, random);
/** Pairs of surrogates and halves of them too. */
const anyText = fc.array(fc.nat(0xffff)).map((units) => String.fromCharCode(...units));
const partsOf = (envelope: string) => {
  const [version, keyId, wrapped, iv, sealed] = envelope.split(".");
  return { version, keyId, wrapped, iv, sealed };
};

describe("a sealed secret", () => {
  const vault = vaultOf(k1);

  it("opens where it was sealed, whatever it says", async () => {
    await fc.assert(
      fc.asyncProperty(anyText, fc.nat(), fc.string(), async (secret, tenantId, connectionId) => {
        const there = { tenantId, connectionId, kind: "user" };
        const sealed = await vault.seal(secret, there);
        expect(sealed).toMatch(/^v2\.k1\.[\w-]{80}\.[\w-]{16}\.[\w-]{22,}$/);
        expect(await vault.open(sealed, there)).toBe(secret.toWellFormed());
      }),
    );
    const marked = await vault.seal("\uFEFFtoken", place);
    expect(await vault.open(marked, place)).toBe("\uFEFFtoken");
  });

  it("defect 108: is AES-256-GCM by another implementation too, in both layers", async () => {
    const there = { ...place, version: 3 };
    expect(openV2(await vault.seal("EAAtoken", place), place, k1)).toBe("EAAtoken");
    expect(openV2(await vault.seal("EAAtoken", there), there, k1)).toBe("EAAtoken");
  });

  it("defect 107: never looks the same twice, nor does any part of it, so it is no key to look things up by", async () => {
    const sealed = await Promise.all(Array.from({ length: 200 }, () => vault.seal("token", place)));
    for (const part of ["wrapped", "iv", "sealed"] as const) {
      expect(new Set(sealed.map((envelope) => partsOf(envelope)[part])).size).toBe(200);
    }
  });

  it("opens nowhere else, also where the fields run together", async () => {
    const there = { tenantId: 1, connectionId: "23", kind: "user" };
    for (const sealed of [await vault.seal("token", there), sealAsV1("token", there, k1)]) {
      expect(await vault.open(sealed, there)).toBe("token");
      for (const elsewhere of [
        { tenantId: 2, connectionId: "23", kind: "user" },
        { tenantId: 1, connectionId: "24", kind: "user" },
        { tenantId: 1, connectionId: "23", kind: "page" },
        { tenantId: 12, connectionId: "3", kind: "user" },
        { tenantId: 1, connectionId: "23user", kind: "" },
      ]) {
        expect(await vault.open(sealed, elsewhere)).toBeUndefined();
      }
    }
  });

  it("does not come back once a newer version is stored", async () => {
    const sealed = await vault.seal("older", { ...place, version: 3 });
    expect(await vault.open(sealed, { ...place, version: 3 })).toBe("older");
    expect(await vault.open(sealed, { ...place, version: 4 })).toBeUndefined();
    expect(await vault.open(sealed, place)).toBeUndefined();
  });

  it("does not open once any character of it has changed, the last of a part included", async () => {
    for (const sealed of [await vault.seal("EAAtoken", place), sealAsV1("EAAtoken", place, k1)]) {
      const altered = Array.from(sealed, (_, at) =>
        ["A", "B", "=", " ", ".", ""].map((other) => sealed.slice(0, at) + other + sealed.slice(at + 1)),
      ).flat();
      const around = [`${sealed}=`, `${sealed}.`, ` ${sealed}`, `${sealed}\n`];
      for (const text of [...altered, ...around].filter((one) => one !== sealed))
        expect(await vault.open(text, place), text).toBeUndefined();
    }
  });

  it("does not open where what was sealed is no text", async () => {
    expect(await vault.open(sealAsV1(Uint8Array.of(0x45, 0x41, 0x41), place, k1), place)).toBe("EAA");
    expect(await vault.open(sealAsV1(Uint8Array.of(0x45, 0xff, 0x41), place, k1), place)).toBeUndefined();
  });

  it("is not opened by an envelope under another version than it was made with", async () => {
    const [, keyId, ...parts] = sealAsV1("token", place, k1).split(".");
    const dressed = ["", "v0", "v3", "V1", "v11", "xv1"].flatMap((version) => [
      [version, keyId, ...parts].join("."),
      [version, keyId, "AAAA", ...parts].join("."),
    ]);
    for (const text of dressed) expect([text, await vault.open(text, place)]).toEqual([text, undefined]);
  });

  it("is not opened by what is no envelope", async () => {
    const texts = [
      "",
      ".",
      "EAAplain",
      "v1",
      "v1.k1",
      "v1.k1..",
      "v2.k1...",
      "v2.k1.a.b",
      "v2.k1.a.b.c",
      "v3.k1.a.b.c",
    ];
    const others = ["v1.k9.AAAAAAAAAAAAAAAA.AAAA", "v1.k1.@@.@@", "v1.k1.a.b.c", "v2.__proto__.AAAA.AAAA.AAAA"];
    for (const text of [...texts, ...others]) expect(await vault.open(text, place)).toBeUndefined();
  });
});

describe("there is no plaintext mode:", () => {
  it("defect 105: without a key nothing is sealed", async () => {
    await expect(vaultOf().seal("token", place)).rejects.toThrow(/no key/);
    expect([vaultOf().sealsAs, vaultOf().opensAs]).toEqual(["v2.", []]);
    const sealed = await vaultOf(k1).seal("token", place);
    await expect(vaultOf().rewrap(sealed, place)).rejects.toThrow(/does not open/);
  });

  it("defect 105: where encryption fails, sealing fails", async () => {
    const short = { id: "k1", bytes: new Uint8Array(31) };
    await expect(vaultOf(short).seal("token", place)).rejects.toThrow(/key/i);
    const without = createVault([k1], () => {
      throw new Error("no chance today");
    });
    await expect(without.seal("token", place)).rejects.toThrow("no chance today");
  });

  it("defect 106: what does not open is not handed out as it is", async () => {
    for (const sealed of [await vaultOf(k1).seal("token", place), sealAsV1("token", place, k1)]) {
      expect(await vaultOf(key("k1", 9)).open(sealed, place)).toBeUndefined();
      expect(await vaultOf(k2).open(sealed, place)).toBeUndefined();
      expect(await vaultOf().open(sealed, place)).toBeUndefined();
    }
  });
});

describe("a ring of keys", () => {
  it("seals with its first key and opens with any, v1 as well", async () => {
    const turned = vaultOf(k2, k1);
    for (const before of [await vaultOf(k1).seal("token", place), sealAsV1("token", place, k1)])
      expect(await turned.open(before, place)).toBe("token");
    const after = await turned.seal("token", place);
    expect(after).toMatch(/^v2\.k2\./);
    expect(await vaultOf(k1).open(after, place)).toBeUndefined();
    expect([turned.sealsAs, turned.opensAs]).toEqual(["v2.k2", ["v2.k2", "v1.k2", "v2.k1", "v1.k1"]]);
  });

  it("gives its keys away to nobody, and imports each once", async () => {
    const imports = vi.spyOn(crypto.subtle, "importKey");
    const unwraps = vi.spyOn(crypto.subtle, "unwrapKey");
    try {
      const vault = vaultOf(k1);
      const sealed = await Promise.all([1, 2, 3].map(() => vault.seal("token", place)));
      await Promise.all(sealed.map((envelope) => vault.open(envelope, place)));
      const ofRing = imports.mock.calls.filter(([, bytes]) => bytes === k1.bytes);
      expect(ofRing.map(([, , , isExtractable]) => isExtractable)).toEqual([false]);
      expect(unwraps.mock.calls.map(([, , , , , isExtractable]) => isExtractable)).toEqual([false, false, false]);
      // Three data keys, and their bytes are gone.
      const others = imports.mock.calls.filter(([, bytes]) => bytes !== k1.bytes);
      expect(others.map(([, bytes]) => bytes)).toEqual([1, 2, 3].map(() => new Uint8Array(32)));
    } finally {
      imports.mockRestore();
      unwraps.mockRestore();
    }
  });
});

describe("rewrapping", () => {
  const turned = vaultOf(k2, k1);

  it("puts the data key under the ring's first key and leaves the ciphertext as it is", async () => {
    const before = await vaultOf(k1).seal("token", place);
    const after = (await turned.rewrap(before, place)) ?? "";
    expect(partsOf(after)).toMatchObject({ version: "v2", keyId: "k2" });
    expect([partsOf(after).iv, partsOf(after).sealed]).toEqual([partsOf(before).iv, partsOf(before).sealed]);
    expect(partsOf(after).wrapped).not.toBe(partsOf(before).wrapped);
    expect(await vaultOf(k2).open(after, place)).toBe("token");
    expect(await vaultOf(k1).open(after, place)).toBeUndefined();
  });

  test.each([k1, k2])("makes a v1 a v2 anew, under whichever key it was: $id", async (old) => {
    const after = (await turned.rewrap(sealAsV1("token", place, old), place)) ?? "";
    expect(after).toMatch(/^v2\.k2\./);
    expect(await vaultOf(k2).open(after, place)).toBe("token");
  });

  it("has nothing to do where the first key wraps already", async () => {
    expect(await turned.rewrap(await turned.seal("token", place), place)).toBeUndefined();
  });

  it("does not rewrap what does not open", async () => {
    const before = await vaultOf(k1).seal("token", place);
    const altered = [`${before.slice(0, -4)}AAAA`, before.replace("k1", "k9"), "EAAplain", "", "v1.k1"];
    for (const envelope of altered) await expect(turned.rewrap(envelope, place)).rejects.toThrow(/does not open/);
    await expect(turned.rewrap(before, { ...place, tenantId: 8 })).rejects.toThrow(/does not open/);
    await expect(turned.rewrap(before, { ...place, version: 1 })).rejects.toThrow(/does not open/);
  });

  it("keeps the secret through any history of rings", async () => {
    const keys = Array.from({ length: 5 }, (_, index) => key(`k${index}`, index + 1));
    const steps = fc.array(fc.integer({ min: 0, max: 4 }), { minLength: 1, maxLength: 8 });
    await fc.assert(
      fc.asyncProperty(fc.string(), steps, fc.boolean(), async (secret, history, startsAsV1) => {
        let last = keys[history[0] ?? 0] ?? k1;
        let envelope = startsAsV1 ? sealAsV1(secret, place, last) : await vaultOf(last).seal(secret, place);
        for (const step of history) {
          const next = keys[step] ?? k1;
          const ring = next === last ? [next] : [next, last];
          envelope = (await vaultOf(...ring).rewrap(envelope, place)) ?? envelope;
          expect(envelope).toMatch(new RegExp(`^v2\\.${next.id}\\.`));
          expect(await vaultOf(next).open(envelope, place)).toBe(secret);
          last = next;
        }
      }),
    );
  });
});
