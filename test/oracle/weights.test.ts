import { describe, expect, it } from "vitest";
import type { Channel, Touch, View } from "./business.ts";
import { DAY, instant, MINUTE, SECOND } from "./clock.ts";
import { creditsAt } from "./weights.ts";
import { touchesOf } from "./touches.ts";
import { aBusinessWith } from "./by-hand.ts";

const NOON = instant("2026-03-10T12:00:00Z");

/** "paid c1 a1" at so many minutes after noon. */
const touch = (id: string, minutes: number, [channel, campaign, ad]: [Channel, string?, string?]): Touch => {
  const [campaignId, adId] = [campaign ?? null, ad ?? null];
  const isPaid = channel === "ctwa" || channel === "meta_lead_form";
  const at = NOON + minutes * MINUTE;
  return { id, leadId: "l", at, channel, isPaid, campaignId, adId, adSetId: null, leadgenId: null, ctwaClid: null };
};

const weightsOf = (
  touches: Touch[],
  model: View["model"],
  reference = NOON + 365 * DAY,
  window: View["window"] = null,
) =>
  creditsAt(touchesOf(aBusinessWith({ touches }), "l"), reference, { model, window }).map(({ touch, weight }) => [
    touch.id,
    weight,
  ]);

const hours = (count: number) => 60 * count;
const several = (count: number) =>
  Array.from({ length: count }, (_, i) => touch(`t${i}`, hours(i), ["ctwa", `c${i}`, `a${i}`]));

describe("who gets how much", () => {
  const mixed = [
    touch("a", 0, ["organic"]),
    touch("b", hours(1), ["ctwa", "c1", "a1"]),
    touch("c", hours(2), ["direct"]),
  ];

  it("first, last, and last paid", () => {
    expect(weightsOf(mixed, "first_touch")).toEqual([["a", 1_000_000]]);
    expect(weightsOf(mixed, "last_touch")).toEqual([["c", 1_000_000]]);
    expect(weightsOf(mixed, "last_paid_touch")).toEqual([["b", 1_000_000]]);
  });

  it("without a paid touch the last paid one is the last", () => {
    expect(weightsOf(mixed.slice(2), "last_paid_touch")).toEqual([["c", 1_000_000]]);
  });

  it("linear gives what does not divide to the earliest", () => {
    expect(weightsOf(mixed, "linear")).toEqual([
      ["a", 333_334],
      ["b", 333_333],
      ["c", 333_333],
    ]);
    expect(weightsOf(several(7), "linear").map(([, weight]) => weight)).toEqual([
      142_858, 142_857, 142_857, 142_857, 142_857, 142_857, 142_857,
    ]);
  });

  it("linear counts the same source once, at its earliest; position counts every touch", () => {
    const again = [
      touch("a", 0, ["ctwa", "c1", "a1"]),
      touch("b", hours(1), ["ctwa", "c1", "a2"]),
      touch("c", hours(2), ["ctwa", "c1", "a1"]),
    ];
    expect(weightsOf(again, "linear")).toEqual([
      ["a", 500_000],
      ["b", 500_000],
    ]);
    expect(weightsOf(again, "position").map(([, weight]) => weight)).toEqual([400_000, 200_000, 400_000]);
  });

  it.each([
    [1, [1_000_000]],
    [2, [500_000, 500_000]],
    [3, [400_000, 200_000, 400_000]],
    [5, [400_000, 66_667, 66_667, 66_666, 400_000]],
  ])("position among %i", (count, expected) => {
    expect(weightsOf(several(count), "position").map(([, weight]) => weight)).toEqual(expected);
  });

  it("nobody where nobody was", () => {
    expect(weightsOf([], "linear")).toEqual([]);
  });
});

describe("which touches had a part", () => {
  it("of two at the same instant the smaller id comes first", () => {
    const tied = [touch("b", 0, ["ctwa", "c1"]), touch("a", 0, ["ctwa", "c2"])];
    expect([weightsOf(tied, "first_touch")[0]?.[0], weightsOf(tied, "last_touch")[0]?.[0]]).toEqual(["a", "b"]);
  });

  it("the instant of the sale is in, a microsecond later is out; so is the far edge of the window", () => {
    const one = [touch("a", 0, ["ctwa", "c1"])];
    expect(weightsOf(one, "last_touch", NOON)).toHaveLength(1);
    expect(weightsOf(one, "last_touch", NOON - 1)).toHaveLength(0);
    expect(weightsOf(one, "last_touch", NOON + 7 * DAY, 7)).toHaveLength(1);
    expect(weightsOf(one, "last_touch", NOON + 7 * DAY + 1, 7)).toHaveLength(0);
    expect(weightsOf(one, "last_touch", NOON + 7 * DAY + 1, 28)).toHaveLength(1);
  });

  it("the same ad within half an hour of the one before is not one of its own, however long that goes on", () => {
    const every25 = [0, 25, 50].map((minutes) => touch(`t${minutes}`, minutes, ["ctwa", "c1", "a1"]));
    expect(weightsOf(every25, "last_touch")).toEqual([["t0", 1_000_000]]);
    const apart = [touch("a", 0, ["ctwa", "c1", "a1"]), touch("b", 30, ["ctwa", "c1", "a1"])];
    expect(weightsOf(apart, "position")).toHaveLength(1);
    const further = { ...touch("b", 30, ["ctwa", "c1", "a1"]) };
    further.at += SECOND / 1_000_000;
    expect(weightsOf([touch("a", 0, ["ctwa", "c1", "a1"]), further], "position")).toHaveLength(2);
  });

  it("another ad in between does not part them; another channel is another source", () => {
    const between = [
      touch("a", 0, ["ctwa", "c1", "a1"]),
      touch("b", 5, ["ctwa", "c1", "a2"]),
      touch("c", 10, ["ctwa", "c1", "a1"]),
    ];
    expect(weightsOf(between, "last_touch")).toEqual([["b", 1_000_000]]);
    const channels = [touch("a", 0, ["ctwa", "c1", "a1"]), touch("b", 5, ["meta_lead_form", "c1", "a1"])];
    expect(weightsOf(channels, "linear")).toHaveLength(2);
  });
});
