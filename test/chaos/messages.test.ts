// C3, template send: what breaks while a message is on its way. The oracle is the simulated WhatsApp's own count: no message
// is taken twice, and every one ends in a state that says what is known of it.
import { afterAll, afterEach, beforeAll, expect } from "vitest";
import { aSender, type Sender } from "../features/messages/scene.ts";
import { minutes } from "../support/clock.ts";
import { aHouse, type House } from "../support/house.ts";
import type { Fault } from "../world/meta/faults.ts";
import { cell } from "./cell.ts";
import { shortened, withShortDeadlines } from "./deadlines.ts";

let house: House;
let sender: Sender;
const SENDING = /\/messages$/;

beforeAll(async () => {
  house = await aHouse();
});
afterAll(() => house.stop());
afterEach(() => house.meta.faults.clear());

/** Cron and queue for three hours, with the clock: whoever would send again, does. */
async function longAfter(): Promise<void> {
  for (let at = 0; at < 12; at += 1) {
    await withShortDeadlines(() => house.settle({ upTo: minutes(5) }));
    house.clock.advance(minutes(10));
  }
}

const unproven: Record<string, Fault> = {
  reset_before: { kind: "reset" },
  reset_after_execute: { kind: "reset-after-execute" },
  timeout: { kind: "timeout" },
  latency: { kind: "latency", ms: shortened(30_000) + 1_000 },
  html: { kind: "html", status: 502 },
  html_200: { kind: "html", status: 200 },
  status: { kind: "graph-error", code: 1, status: 500 },
  "2": { kind: "graph-error", code: 2, status: 503 },
  "131000": { kind: "graph-error", code: 131_000, status: 500 },
  truncate: { kind: "truncate" },
  huge_body: { kind: "huge-body" },
  redirect: { kind: "redirect", location: "https://graph.facebook.evil.example/steal" },
};
for (const [name, fault] of Object.entries(unproven))
  cell(
    `F-meta-${name}-send`,
    "unknown, told in the log, never sent again; its status or a person resolves it",
    async () => {
      sender = await aSender(house);
      const { id } = await sender.plan();
      house.meta.faults.add({ match: SENDING, times: 1, fault });
      await longAfter();
      expect(await sender.row(id)).toMatchObject({ state: "unknown", attempts: 1 });
      expect(house.meta.whatsapp.timesSent(id)).toBeLessThanOrEqual(1);
      expect(house.logs.filter((line) => line.includes("message.unknown") && line.includes(id))).toHaveLength(1);
    },
    { sample: name === "reset_after_execute" },
  );

for (const [code, wait] of [
  [368, "six hours"],
  [131_031, "six hours"],
  [131_042, "an hour"],
] as const)
  cell(
    `F-meta-${code}-send`,
    `the number stops for ${wait}, its messages wait unsent, reading goes on`,
    async () => {
      sender = await aSender(house);
      house.meta.whatsapp.levers.stopped.set(sender.phoneNumberId, code);
      const planned = [await sender.plan(), await sender.plan()];
      await house.tick();
      while ((await house.queue.deliverDue()) > 0);
      for (const { id } of planned) {
        expect((await sender.row(id))?.state).toBe("planned");
        expect(house.meta.whatsapp.timesSent(id)).toBe(0);
      }
      const [number] = await house.sql("SELECT problem FROM meta_assets WHERE asset_id = $1", [sender.phoneNumberId]);
      expect(number).toEqual({ problem: `send.${code}` });
      const [connection] = await house.sql("SELECT status FROM connections WHERE tenant_id = $1", [sender.tenantId]);
      expect(connection).toEqual({ status: "active" });
      house.meta.whatsapp.levers.stopped.clear();
    },
    { sample: code === 368 },
  );
