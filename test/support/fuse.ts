// An isolate that dies: at its n-th call to the outside (before it is sent, or when its answer comes) everything of it stands
// still for ever, as in an isolate that the platform has thrown away. What it had sent by then happens.
import { AsyncLocalStorage } from "node:async_hooks";

export type Death = { at: number; when: "before" | "after" };

type Fuse = Death & { calls: number; isBlown: boolean; blow: () => void };

const burning = new AsyncLocalStorage<Fuse>();

const forever = <T>() => new Promise<T>(() => undefined);

/** A call to the outside: the database, Redis, Meta, the queue. Outside of `untilDeath` nothing is different. */
export async function outside<T>(call: () => Promise<T>): Promise<T> {
  const fuse = burning.getStore();
  if (!fuse) return call();
  if (fuse.isBlown) return forever();
  fuse.calls += 1;
  const isLast = fuse.calls === fuse.at;
  if (isLast && fuse.when === "before") {
    fuse.blow();
    return forever();
  }
  const answer = await call();
  if (isLast) fuse.blow();
  return fuse.isBlown ? forever() : answer;
}

const network = globalThis.fetch;
globalThis.fetch = (...request) => outside(() => network(...request));

/** Runs the work of an isolate that dies as told; `died` is false for work that ended before. */
export async function untilDeath(
  death: Death,
  work: () => Promise<unknown>,
): Promise<{ died: boolean; calls: number }> {
  let blow = () => {};
  const dies = new Promise<"died">((resolve) => {
    blow = () => resolve("died");
  });
  const fuse: Fuse = {
    ...death,
    calls: 0,
    isBlown: false,
    blow: () => {
      fuse.isBlown = true;
      blow();
    },
  };
  const end = await burning.run(fuse, () => Promise.race([dies, work().then(() => "done" as const)]));
  return { died: end === "died", calls: fuse.calls };
}
