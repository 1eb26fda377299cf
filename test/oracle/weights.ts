// Who gets how much, under each model.
import { type Instant, type Touch, type View } from "./business.ts";
import { DAY } from "./clock.ts";
import { sourceOf } from "./touches.ts";

/** Weight in millionths. */
export type Credit = { touch: Touch; weight: number };

const WHOLE = 1_000_000;

/** `touches` as touchesOf() gives them; those after `reference` or before the window had no part. */
export function creditsAt(touches: readonly Touch[], reference: Instant, { model, window }: View): Credit[] {
  const from = window === null ? -Infinity : reference - window * DAY;
  const eligible = touches.filter(({ at }) => at >= from && at <= reference);
  const first = eligible[0];
  const last = eligible.at(-1);
  if (!first || !last) return [];
  const all = (touch: Touch) => [{ touch, weight: WHOLE }];
  if (model === "first_touch") return all(first);
  if (model === "last_touch") return all(last);
  if (model === "last_paid_touch") return all(eligible.findLast(({ isPaid }) => isPaid) ?? last);
  return model === "linear" ? linear(eligible) : position(eligible);
}

function linear(touches: readonly Touch[]): Credit[] {
  const distinct = new Map<string, Touch>();
  for (const touch of touches) if (!distinct.has(sourceOf(touch))) distinct.set(sourceOf(touch), touch);
  return share([...distinct.values()], WHOLE);
}

function position(touches: readonly Touch[]): Credit[] {
  if (touches.length <= 2) return share(touches, WHOLE);
  const ends = (touch: Touch | undefined) => (touch ? [{ touch, weight: 400_000 }] : []);
  return [...ends(touches[0]), ...share(touches.slice(1, -1), 200_000), ...ends(touches.at(-1))];
}

/** Equal parts; what does not divide goes, a millionth each, to the earliest. */
function share(touches: readonly Touch[], whole: number): Credit[] {
  const part = Math.floor(whole / touches.length);
  const rest = whole - part * touches.length;
  return touches.map((touch, index) => ({ touch, weight: part + (index < rest ? 1 : 0) }));
}
