import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { createVault, type VaultPlace } from "../../src/lib/vault.ts";

const random = (bytes: number) => crypto.getRandomValues(new Uint8Array(bytes));
const key = (id: string, fill: number) => ({ id, bytes: new Uint8Array(32).fill(fill) });
const place: VaultPlace = { tenantId: 7, connectionId: "c-1", kind: "user" };

describe("a sealed secret", () => {
  const vault = createVault([key("k1", 1)], random);

  it("opens where it was sealed, whatever it says", async () => {
    await fc.assert(
      fc.asyncProperty(fc.string({ unit: "binary" }), fc.nat(), fc.string(), async (secret, tenantId, connectionId) => {
        const there = { tenantId, connectionId, kind: "user" };
        const sealed = await vault.seal(secret, there);
        expect(sealed).toMatch(/^v1\.k1\.[\w-]{16}\.[\w-]+$/);
        expect(await vault.open(sealed, there)).toBe(secret.toWellFormed());
      }),
    );
  });

  it("never looks the same twice", async () => {
    const sealed = await Promise.all(Array.from({ length: 200 }, () => vault.seal("token", place)));
    expect(new Set(sealed).size).toBe(200);
  });

  it("opens nowhere else, also where the fields run together", async () => {
    const sealed = await vault.seal("token", { tenantId: 1, connectionId: "23", kind: "user" });
    for (const elsewhere of [
      { tenantId: 2, connectionId: "23", kind: "user" },
      { tenantId: 1, connectionId: "24", kind: "user" },
      { tenantId: 1, connectionId: "23", kind: "page" },
      { tenantId: 12, connectionId: "3", kind: "user" },
      { tenantId: 1, connectionId: "23user", kind: "" },
    ]) {
      expect(await vault.open(sealed, elsewhere)).toBeUndefined();
    }
  });

  it("does not open once any character of it has changed", async () => {
    const sealed = await vault.seal("EAAtoken", place);
    for (let at = 0; at < sealed.length; at += 1) {
      const other = sealed[at] === "A" ? "B" : "A";
      // The last character of a base64 text may hold bits that mean nothing.
      if (at === sealed.length - 1 || sealed[at + 1] === ".") continue;
      expect(await vault.open(sealed.slice(0, at) + other + sealed.slice(at + 1), place)).toBeUndefined();
    }
  });

  it("is not opened by what is no envelope", async () => {
    for (const text of [
      "",
      "EAAplain",
      "v1",
      "v1.k1",
      "v1.k1..",
      "v2.k1.a.b",
      "v1.k9.AAAAAAAAAAAAAAAA.AAAA",
      "v1.k1.@@.@@",
      "v1.k1.a.b.c",
    ]) {
      expect(await vault.open(text, place)).toBeUndefined();
    }
  });
});

describe("a ring of keys", () => {
  it("seals with its first key and opens with any", async () => {
    const old = createVault([key("k1", 1)], random);
    const turned = createVault([key("k2", 2), key("k1", 1)], random);
    const before = await old.seal("token", place);
    expect(await turned.open(before, place)).toBe("token");
    const after = await turned.seal("token", place);
    expect(after).toMatch(/^v1\.k2\./);
    expect(await createVault([key("k2", 2)], random).open(before, place)).toBeUndefined();
    expect(await old.open(after, place)).toBeUndefined();
  });

  it("does not open with another key of the same name", async () => {
    const sealed = await createVault([key("k1", 1)], random).seal("token", place);
    expect(await createVault([key("k1", 9)], random).open(sealed, place)).toBeUndefined();
  });

  it("seals nothing when it is empty", async () => {
    await expect(createVault([], random).seal("token", place)).rejects.toThrow(/no key/);
  });
});
