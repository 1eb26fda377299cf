// G22: no row of the audit is lost. A change has it in its own transaction (audit.test.ts); that of any other request waits in
// the queue while the database is away, and is told in the log when the queue is away too.
import { setTimeout as wait } from "node:timers/promises";
import { afterAll, afterEach, beforeAll, expect, it, test } from "vitest";
import { walkChain, type ChainRow, columns } from "../../drizzle/audit-chain.ts";
import type { Message } from "../../src/context.ts";
import { runBatch } from "../../src/jobs.ts";
import { message } from "../../src/message.ts";
import { minutes } from "../support/clock.ts";
import { aHouse, type House } from "../support/house.ts";
import { aPerson, as, type Person } from "../support/people.ts";

let house: House;
beforeAll(async () => {
  house = await aHouse();
});
afterAll(() => house.stop());
afterEach(() => {
  house.neon.setFault(undefined);
  house.queue.setDown(false);
  house.queue.lose();
});

const ofReads = /insert into \\?"audit_log/;
const lead = "/crm/leads/ana@example.com";

/** Fine reads, one that is refused for its query, and one for what is in its path. */
async function readsOf(person: Person, count: number): Promise<Response[]> {
  const by = as(house, person);
  const answers: Response[] = [];
  for (let at = 0; at < count; at += 1) answers.push(await by.get("/crm/marketing/token-status"));
  answers.push(await by.get("/crm/marketing/stats?range=last_7d"), await by.patch(lead, {}));
  return answers;
}

const idOf = (answer: Response) => answer.headers.get("x-request-id") ?? "";

async function expectOneRowEach(person: Person, answers: readonly Response[]): Promise<void> {
  const rows = await house.sql<ChainRow>(
    `SELECT ${columns} FROM audit_log WHERE tenant_id = $1 ORDER BY audit_log.seq`,
    [person.tenantId],
  );
  expect(rows.map((row) => row["request_id"]).toSorted()).toEqual(answers.map(idOf).toSorted());
  const chain = walkChain();
  expect([...rows.map((row) => chain.next(row)), chain.end()].filter(Boolean)).toEqual([]);
}

test.each([
  ["refuses", { kind: "status", status: 500 }],
  ["breaks off before it executes", { kind: "reset-before" }],
  ["executes and breaks off", { kind: "reset-after-execute" }],
  ["answers nonsense", { kind: "html" }],
  ["answers half", { kind: "truncate", bytes: 20 }],
] as const)(
  "rows that the database %s are written by the queue, once, however often it brings them",
  async (_, fault) => {
    const person = await aPerson(house);
    house.neon.setFault({ ...fault, match: ofReads });
    const answers = await readsOf(person, 10);
    expect(answers.slice(0, 10).map(({ status }) => status)).toEqual(Array(10).fill(200));
    // The queue comes while the database is still away, and again.
    house.neon.setFault({ kind: "status", status: 500 });
    await house.queue.deliverDue();
    house.neon.setFault(undefined);
    house.clock.advance(minutes(15));
    await house.queue.deliverDue({ copies: 2 });
    await expectOneRowEach(person, answers);
  },
);

it("two who bring the same rows at once write them once", async () => {
  const person = await aPerson(house);
  house.neon.setFault({ kind: "status", status: 500, match: ofReads });
  const answers = await readsOf(person, 0);
  house.neon.setFault(undefined);
  for (const { body } of house.queue.waiting()) for (let copy = 0; copy < 3; copy += 1) house.queue.add(body);
  // Whoever writes now stands before the chain's lock, all together.
  const lock = "SELECT pg_advisory_xact_lock(hashtext('audit'), $1), pg_sleep(0.6)";
  await Promise.all([
    house.sql(lock, [person.tenantId]),
    wait(100).then(() => house.queue.deliverDue({ atOnce: true })),
  ]);
  await expectOneRowEach(person, answers);
});

it("what is written late says what it would have said, and the queue carried nothing of people", async () => {
  const person = await aPerson(house);
  const [first, ...others] = await readsOf(person, 1);
  house.neon.setFault({ kind: "status", status: 500, match: ofReads });
  const [again, ...late] = await readsOf(person, 1);
  house.neon.setFault(undefined);
  const carried = house.queue.waiting().map(({ body }) => body as Message);
  expect(carried.map((body) => message.parse(body))).toEqual(carried);
  expect(JSON.stringify(carried)).toContain(idOf(again as Response));
  expect(JSON.stringify(carried)).not.toMatch(/ana@|eyJ/);
  await house.queue.deliverDue();
  const tell = async (answer: Response | undefined) => {
    const [row] = await house.sql(
      "SELECT actor, role, action, outcome, reason, http_status, ip FROM audit_log WHERE request_id = $1",
      [idOf(answer as Response)],
    );
    expect(row).toBeDefined();
    return row;
  };
  expect(await Promise.all([again, ...late].map(tell))).toEqual(await Promise.all([first, ...others].map(tell)));
});

it("without database and queue for a minute, each row is told in the log; afterwards none is missing", async () => {
  const person = await aPerson(house);
  house.logs.length = 0;
  house.neon.setFault({ kind: "status", status: 500, match: ofReads });
  house.queue.setDown(true);
  const away = await readsOf(person, 5);
  house.clock.advance(minutes(1));
  house.neon.setFault(undefined);
  const queueless = await readsOf(person, 5);
  house.queue.setDown(false);
  const told = house.logs.map((line) => JSON.parse(line) as Record<string, unknown>);
  expect(told.filter(({ event }) => event === "audit.lost").map((line) => [line["requestId"], line["status"]])).toEqual(
    away.map((answer) => [idOf(answer), answer.status]),
  );
  await expectOneRowEach(person, queueless);
});

it("a row that the queue gives up after a day of retries is told, too", async () => {
  const person = await aPerson(house);
  house.neon.setFault({ kind: "status", status: 500, match: ofReads });
  const [answer] = await readsOf(person, 1);
  house.neon.setFault(undefined);
  house.logs.length = 0;
  const messages = house.queue
    .waiting()
    .map(({ body }, at) => ({ id: `dead-${at}`, body, attempts: 1, ack: () => {} }));
  await runBatch(house.tools, { queue: "marketing-hub-jobs-dead", messages } as unknown as MessageBatch);
  const told = house.logs.map((line) => JSON.parse(line) as Record<string, unknown>);
  expect(told.filter(({ event }) => event === "audit.lost").map(({ requestId }) => requestId)).toContain(
    idOf(answer as Response),
  );
});
