import { describe, expect, it } from "vitest";
import { groupWrites } from "../../src/lib/group-writes.ts";

/** A writer whose every write ends when the test says so. */
function aDoor(limits: Parameters<typeof groupWrites>[2] = {}) {
  let now = 0;
  const written: [string, readonly number[]][] = [];
  const ends: (() => void)[] = [];
  const write = (key: string, items: readonly number[]) => {
    written.push([key, items]);
    return new Promise<void>((resolve) => ends.push(resolve));
  };
  const add = groupWrites<string, number>(write, () => now, limits);
  return {
    add,
    written,
    pass: (ms: number) => {
      now += ms;
    },
    endNext: async () => {
      ends.shift()?.();
      await new Promise((resolve) => setTimeout(resolve));
    },
  };
}

describe("what comes while a write is under way", () => {
  it("is the next write, in its order, each item once", async () => {
    const door = aDoor();
    const first = door.add("a", 1);
    await Promise.all([door.add("a", 2), door.add("a", 3)]);
    expect(door.written).toEqual([["a", [1]]]);
    await door.endNext();
    await door.endNext();
    await first;
    expect(door.written).toEqual([
      ["a", [1]],
      ["a", [2, 3]],
    ]);
  });

  it("waits for nobody of another key", () => {
    const door = aDoor();
    void door.add("a", 1);
    void door.add("b", 2);
    expect(door.written).toEqual([
      ["a", [1]],
      ["b", [2]],
    ]);
  });

  it("is cut into groups", async () => {
    const door = aDoor({ most: 2 });
    for (const item of [1, 2, 3, 4]) void door.add("a", item);
    await door.endNext();
    await door.endNext();
    expect(door.written.map(([, items]) => items)).toEqual([[1], [2, 3], [4]]);
  });
});

it("after a pause the next writes at once", async () => {
  const door = aDoor();
  void door.add("a", 1);
  await door.endNext();
  void door.add("a", 2);
  expect(door.written).toHaveLength(2);
});

it("nobody writes for others longer than a shift, and nothing is left behind", async () => {
  const door = aDoor({ shiftMs: 100 });
  const first = door.add("a", 1);
  await door.add("a", 2);
  door.pass(100);
  await door.endNext();
  void door.add("a", 3);
  expect(door.written.map(([, items]) => items)).toEqual([[1], [2], [3]]);
  await door.endNext();
  await first;
});

it("a writer that was cut off is replaced", async () => {
  const door = aDoor({ shiftMs: 100 });
  void door.add("a", 1);
  void door.add("a", 2);
  door.pass(199);
  void door.add("a", 3);
  expect(door.written).toHaveLength(1);
  door.pass(1);
  void door.add("a", 4);
  expect(door.written.map(([, items]) => items)).toEqual([[1], [2, 3, 4]]);
});

it("a writer that comes back after it was replaced writes nothing more", async () => {
  const door = aDoor({ shiftMs: 100 });
  const first = door.add("a", 1);
  door.pass(200);
  void door.add("a", 2);
  void door.add("a", 3);
  await door.endNext();
  await first;
  expect(door.written.map(([, items]) => items)).toEqual([[1], [2]]);
  await door.endNext();
  expect(door.written.map(([, items]) => items)).toEqual([[1], [2], [3]]);
});

it("a write that fails takes its own items with it, and no others", async () => {
  const written: number[] = [];
  const add = groupWrites<string, number>(
    (_, items) => {
      if (items.includes(1)) return Promise.reject(new Error("no"));
      written.push(...items);
      return Promise.resolve();
    },
    () => 0,
  );
  const first = add("a", 1);
  await add("a", 2);
  await expect(first).rejects.toThrow("no");
  await add("a", 3);
  expect(written).toEqual([2, 3]);
});
