import { expect, it, vi } from "vitest";
import { once } from "../../src/lib/once.ts";

it("makes the value when it is first asked for, and never again", () => {
  const make = vi.fn<() => object>(() => ({}));
  const made = once(make);
  expect(make).not.toHaveBeenCalled();
  expect(made()).toBe(made());
  expect(make).toHaveBeenCalledTimes(1);
});

it("keeps undefined too, and tries again after what it could not make", () => {
  const nothing = vi.fn<() => undefined>(() => undefined);
  const made = once(nothing);
  expect([made(), made()]).toEqual([undefined, undefined]);
  expect(nothing).toHaveBeenCalledTimes(1);

  const late = vi.fn<() => number>().mockImplementationOnce(() => {
    throw new Error("not yet");
  });
  const tried = once(late.mockReturnValue(7));
  expect(tried).toThrow("not yet");
  expect(tried()).toBe(7);
});
