// Rules at work: from what happens to what is sent, with cron, queue and the simulated WhatsApp.
import { afterAll, beforeAll, describe, expect, it, test } from "vitest";
import { days, hours, minutes } from "../../support/clock.ts";
import { aHouse, type House } from "../../support/house.ts";
import { aWorkplace } from "./work.ts";

let house: House;
beforeAll(async () => {
  house = await aHouse();
});
afterAll(() => house.stop());

const RULES = "/crm/marketing/automation/rules";
const iso = (ms: number) => new Date(ms).toISOString();

describe("a rule about new leads", () => {
  it("defect 140, defect 154: sends its own template with what is known of the lead, and its log says to whom", async () => {
    const its = await aWorkplace(house);
    const ruleId = await its.aRule({ action_config: { parameters: ["{{lead.first_name|cliente}}"] } });
    const { id, phone } = await its.aLead({ first_name: "Lucía", last_name: "Paz" });
    await its.minute();
    expect(await its.messages(id)).toMatchObject([
      { state: "accepted", components: [{ type: "body", parameters: [{ type: "text", text: "Lucía" }] }] },
    ]);
    expect(its.timesSent(phone)).toBe(1);
    const [, { data, total }] = await its.read(its.get("/crm/marketing/automation-logs"));
    expect([total, data]).toMatchObject([
      1,
      [
        {
          rule_id: ruleId,
          lead_name: "Lucía Paz",
          template_name: "turno",
          status: "sent",
          trigger_type: "lead_created",
        },
      ],
    ]);
    expect(await its.rule(ruleId)).toMatchObject({
      trigger_count: 1,
      success_count: 1,
      error_count: 0,
      last_run: iso(house.clock.now()),
    });
  });

  it("defect 139: its first activation messages nobody who was there before, nor whoever is imported with an old date", async () => {
    const its = await aWorkplace(house);
    const other = await its.aRule({ trigger_type: "opportunity_won" });
    const before = await its.aLead();
    house.clock.advance(minutes(1));
    const ruleId = await its.aRule({ is_active: false });
    const still = await its.aLead();
    house.clock.advance(minutes(1));
    await its.patch(`${RULES}/${ruleId}`, { is_active: true });
    const old = await its.aLead({ created_at: new Date(house.clock.now() - days(3)) });
    await its.pass(minutes(3));
    for (const { id } of [before, still, old]) expect(await its.executions(id)).toEqual([]);
    const { id } = await its.aLead();
    await its.minute();
    expect(await its.messages(id)).toHaveLength(1);
    expect(await its.rule(other)).toMatchObject({ trigger_count: 0 });
  });

  it("defect 137, defect 142, defect 143: happenings, ticks and messages of the queue that come twice send once; a neighbour's change nothing", async () => {
    const [its, neighbour] = [await aWorkplace(house), await aWorkplace(house)];
    await its.aRule();
    await neighbour.aRule();
    const { id, phone } = await its.aLead();
    const same = await neighbour.aLead({ phone_number: phone });
    await its.handle();
    await house.sql("UPDATE happenings SET handled_at = NULL WHERE tenant_id = $1", [its.tenantId]);
    await Promise.all([its.handle(), neighbour.handle()]);
    await Promise.all([house.tick(), house.tick()]);
    while ((await house.queue.deliverDue({ copies: 3 })) > 0);
    await its.minute();
    expect([await its.messages(id), await neighbour.messages(same.id)]).toMatchObject([
      [{ state: "accepted" }],
      [{ state: "accepted" }],
    ]);
    expect(its.timesSent(phone)).toBe(2);
  });

  it("waits its timing, and is asked again about its conditions when its time comes", async () => {
    const its = await aWorkplace(house);
    const ruleId = await its.aRule({
      conditions: [{ field: "status", op: "eq", value: "new" }],
      timing_value: 2,
      timing_unit: "hours",
    });
    const [stays, moves] = [await its.aLead(), await its.aLead()];
    await its.minute();
    await its.pass(hours(1));
    expect(await its.messages(stays.id)).toEqual([]);
    await house.sql("UPDATE leads SET status = 'lost', updated_at = $2 WHERE id = $1", [
      moves.id,
      new Date(house.clock.now()),
    ]);
    await its.pass(hours(1) + minutes(5));
    expect(await its.messages(stays.id)).toMatchObject([{ state: "accepted" }]);
    expect(await its.messages(moves.id)).toEqual([]);
    expect(await its.executions(moves.id)).toMatchObject([{ state: "stopped", reason: "conditions:status:eq" }]);
    const [, { data }] = await its.read(its.get(`/crm/marketing/automation-logs?rule_id=${ruleId}&status=skipped`));
    expect(data).toMatchObject([
      { lead_id: moves.id, result: "skipped", error_details: "Las condiciones de la regla ya no se cumplen." },
    ]);
  });

  it("defect 141: keeps the quiet hours, also when cron was away for six hours, and then sends once", async () => {
    const its = await aWorkplace(house);
    const local = (ms: number) => iso(ms - hours(3)).slice(11, 16);
    const [from, until] = [house.clock.now() + hours(1), house.clock.now() + hours(8)];
    await its.settings({ quiet_hours: JSON.stringify({ start: local(from), end: local(until) }) });
    await its.aRule({ timing_value: 30, timing_unit: "minutes" });
    const { id, phone } = await its.aLead();
    await its.handle();
    await its.pass(hours(6) + minutes(30));
    const allowed = Math.floor(until / minutes(1)) * minutes(1);
    expect(await its.messages(id)).toMatchObject([
      { state: "planned", reason: "quiet_hours", due_at: new Date(allowed) },
    ]);
    expect(its.timesSent(phone)).toBe(0);
    await its.pass(allowed - house.clock.now() + minutes(10));
    expect(await its.messages(id)).toMatchObject([{ state: "accepted" }]);
    expect(its.timesSent(phone)).toBe(1);
    expect((await its.messages(id))[0]?.accepted_at?.getTime()).toBeGreaterThanOrEqual(allowed);
  });

  it("six hours without cron, and the queue empty: who came meanwhile is sent to once, outside of quiet hours; nobody is forgotten", async () => {
    const its = await aWorkplace(house);
    const local = (ms: number) => iso(ms - hours(3)).slice(11, 16);
    const start = Math.floor(house.clock.now() / minutes(1)) * minutes(1);
    const quiet = { from: start + hours(4), until: start + hours(8) };
    await its.settings({ quiet_hours: JSON.stringify({ start: local(quiet.from), end: local(quiet.until) }) });
    await its.aRule({
      steps: [{ action_type: "send_hsm" }, { action_type: "send_hsm", wait: { value: 1, unit: "hours" } }],
    });
    const early = await its.aLead();
    await its.minute();
    const leads = [early];
    for (let gone = 0; gone < 12; gone += 1) {
      house.clock.advance(minutes(30));
      leads.push(await its.aLead());
    }
    house.queue.lose();
    const sent = () => house.meta.whatsapp.sent.filter(({ phoneNumberId }) => phoneNumberId === its.phoneNumberId);
    expect(sent()).toHaveLength(1);
    while (house.clock.now() < quiet.until + hours(2)) {
      await Promise.all([house.tick(), house.tick()]);
      while ((await house.queue.deliverDue({ copies: 2 })) > 0);
      house.clock.advance(minutes(20));
    }
    expect(leads.map(({ phone }) => its.timesSent(phone))).toEqual(leads.map(() => 2));
    expect(sent().filter(({ at }) => at >= quiet.from && at < quiet.until)).toEqual([]);
  });

  it("a step that fails for itself ends, and those behind it go on", async () => {
    const its = await aWorkplace(house);
    const broken = await its.aRule({
      action_type: "assign_seller",
      template_id: null,
      action_config: { seller_id: "7" },
    });
    const first = await its.aLead();
    // As no request may write it.
    await house.sql("UPDATE automation_rules SET steps = $2 WHERE id = $1", [
      broken,
      JSON.stringify(
        [{ action_type: "assign_seller" }, { action_type: "send_hsm", wait: { local: "2026-99-99T10:00" } }].map(
          (one) => ({ action_config: { seller_id: "7" }, ...one }),
        ),
      ),
    ]);
    await its.minute();
    house.clock.advance(minutes(1));
    await its.aRule();
    const second = await its.aLead();
    await its.minute();
    await its.pass(minutes(3));
    expect(await its.executions(first.id)).toMatchObject([
      { state: "stopped", reason: expect.stringMatching(/^failed:/) },
    ]);
    expect((await its.messages(second.id)).map(({ state }) => state)).toEqual(["accepted"]);
  });

  it("defect 141: sends nothing to who wants none, to test leads, nor more than its cap; a refused consent counts", async () => {
    const its = await aWorkplace(house);
    await its.settings({ caps: JSON.stringify({ per_contact_per_day: 1 }) });
    await its.aRule();
    await its.aRule();
    const [unwilling, test, without, capped] = [
      await its.aLead(),
      await its.aLead({ is_test: true }),
      await its.aLead({ external_ids: JSON.stringify({ marketing_consent: false }) }),
      await its.aLead(),
    ];
    await house.sql(
      "INSERT INTO suppressions (tenant_id, kind, value, purpose, is_active, source, changed_at) VALUES ($1, 'phone', $2, 'marketing', true, 'word', now())",
      [its.tenantId, unwilling.phone.replace("+549", "+54")],
    );
    await its.minute();
    expect((await its.messages(unwilling.id)).map(({ state, reason }) => [state, reason])).toEqual([
      ["dropped", "suppressed"],
      ["dropped", "suppressed"],
    ]);
    expect(await its.executions(test.id)).toEqual([]);
    expect((await its.messages(without.id)).map(({ reason }) => reason)).toEqual(["no_consent", "no_consent"]);
    await its.pass(minutes(2));
    const [one, other] = (await its.messages(capped.id)).toSorted((a, b) => (a.state < b.state ? -1 : 1));
    expect([one?.state, other?.state, other?.reason]).toEqual(["accepted", "planned", "cap_of_day"]);
    await its.pass(hours(24));
    expect((await its.messages(capped.id)).map(({ state }) => state)).toEqual(["accepted", "accepted"]);
  });

  it("stops when its template is stopped, says so, and goes on when it is approved again", async () => {
    const its = await aWorkplace(house);
    const ruleId = await its.aRule();
    const template = (status: string) =>
      house.sql("UPDATE meta_templates SET status = $2 WHERE id = $1", [its.templateId, status]);
    await template("PAUSED");
    const held = await its.aLead();
    await its.minute();
    expect(await its.messages(held.id)).toMatchObject([{ state: "planned", reason: "template_paused" }]);
    expect(await its.rule(ruleId)).toMatchObject({ is_active: true, stopped_by: "template_paused" });
    const [, { data }] = await its.read(its.get("/crm/marketing/automation/health"));
    expect(data.stopped_rules).toMatchObject([{ rule_id: ruleId, reason: "template_paused" }]);
    await template("APPROVED");
    await its.pass(hours(1) + minutes(5));
    expect(await its.messages(held.id)).toMatchObject([{ state: "accepted" }]);
    await template("DISABLED");
    const lost = await its.aLead();
    await its.minute();
    expect(await its.messages(lost.id)).toMatchObject([{ state: "dropped", reason: "template_rejected" }]);
  });
});

describe("several steps", () => {
  const steps = [
    { action_type: "send_hsm" },
    { action_type: "update_field", action_config: { field: "status", value: "contacted" } },
    { action_type: "send_hsm", wait: { value: 1, unit: "days" } },
    { action_type: "assign_seller", action_config: { seller_id: "7" }, wait: { value: 1, unit: "days" } },
  ];

  it("go one after the other, each at its time; what they change of the lead is audited", async () => {
    const its = await aWorkplace(house);
    const ruleId = await its.aRule({ steps });
    const { id, phone } = await its.aLead();
    await its.minute();
    await its.pass(minutes(15));
    expect(its.timesSent(phone)).toBe(1);
    const lead = () => house.sql("SELECT status, assigned_seller_id FROM leads WHERE id = $1", [id]);
    expect(await lead()).toEqual([{ status: "contacted", assigned_seller_id: null }]);
    await its.pass(hours(25));
    expect(its.timesSent(phone)).toBe(2);
    await its.pass(hours(25));
    expect(await lead()).toEqual([{ status: "contacted", assigned_seller_id: "7" }]);
    expect(await its.executions(id)).toMatchObject([{ state: "done", step: 4 }]);
    const audit = await house.sql(
      "SELECT action, target FROM audit_log WHERE tenant_id = $1 AND actor LIKE 'system%' ORDER BY seq",
      [its.tenantId],
    );
    expect(audit).toEqual([
      { action: "automation.update_field", target: ruleId },
      { action: "automation.assign_seller", target: ruleId },
    ]);
    expect(await its.rule(ruleId)).toMatchObject({ trigger_count: 1, success_count: 4 });
  });

  test.each([
    ["an answer", "stopped_by_reply"],
    ["a sale", "stopped_by_goal"],
    ["a message that failed", "earlier_step_failed"],
  ])("end with %s", async (what, reason) => {
    const its = await aWorkplace(house);
    await its.aRule({ steps, stop_on: ["reply", "goal", "human"] });
    const { id, phone } = await its.aLead();
    if (what === "a message that failed") house.meta.whatsapp.script(phone.slice(1), { code: 131026 });
    await its.minute();
    await its.pass(minutes(15));
    if (what === "an answer") await its.answer(id, phone);
    if (what === "a sale")
      await house.sql(
        `INSERT INTO opportunities (tenant_id, lead_id, name, value, currency, stage, created_at, updated_at, closed_at)
         VALUES ($1, $2, 'x', 1, 'ARS', 'closed_won', $3, $3, $3)`,
        [its.tenantId, id, new Date(house.clock.now())],
      );
    await its.pass(hours(26));
    expect(await its.executions(id)).toMatchObject([{ state: "stopped", reason }]);
    expect(await its.messages(id)).toHaveLength(1);
  });
});

describe("what the main CRM tells", () => {
  const tell = async (its: Awaited<ReturnType<typeof aWorkplace>>, body: object) =>
    its.read(its.post("/crm/marketing/automation/events", body));

  it("defect 138: reminds of an appointment exactly as long before it as was asked, of the one it moved to, and not of one that is off", async () => {
    const its = await aWorkplace(house);
    await its.aRule({
      trigger_type: "appointment_reminder",
      timing_value: 3,
      timing_unit: "hours",
      action_config: { parameters: ["{{event.doctor}}"] },
    });
    const [moved, off] = [await its.aLead(), await its.aLead()];
    const start = house.clock.now();
    const event = (lead: string, external_id: string, at: number, more = {}) => ({
      type: "appointment_reminder",
      external_id,
      lead: { id: lead },
      occurs_at: iso(at),
      fields: { doctor: "Dra. Gil" },
      ...more,
    });
    expect(await tell(its, event(moved.id, "1", start + hours(8)))).toMatchObject([200, { data: { started: 1 } }]);
    await tell(its, event(moved.id, "1", start + hours(8)));
    await tell(its, event(off.id, "2", start + hours(8)));
    await tell(its, event(moved.id, "1", start + hours(12)));
    await tell(its, event(off.id, "2", start + hours(8), { cancelled: true }));
    expect(
      (await its.executions(moved.id)).map(({ state, reason, due_at }) => [state, reason, due_at.getTime() - start]),
    ).toEqual(
      expect.arrayContaining([
        ["stopped", "called_off", hours(5)],
        ["waiting", null, hours(9)],
      ]),
    );
    await its.pass(hours(9));
    const [reminder, ...more] = await its.messages(moved.id);
    expect([reminder?.accepted_at?.getTime(), reminder?.components, more]).toEqual([
      start + hours(9),
      [{ type: "body", parameters: [{ type: "text", text: "Dra. Gil" }] }],
      [],
    ]);
    expect(await its.messages(off.id)).toEqual([]);
    // Back where it was, and late: the reminder would make no sense.
    expect(await tell(its, event(off.id, "2", start + hours(11)))).toMatchObject([
      200,
      { data: { started: 0, not_started: [{ reason: "too_late" }] } },
    ]);
  });

  it("an appointment that is called off and told again is reminded of; an unknown lead is 404", async () => {
    const its = await aWorkplace(house);
    await its.aRule({ trigger_type: "appointment_reminder", timing_value: 1, timing_unit: "hours" });
    const { id, phone } = await its.aLead();
    const event = {
      type: "appointment_reminder",
      external_id: "9",
      lead: { phone },
      occurs_at: iso(house.clock.now() + hours(3)),
    };
    await tell(its, event);
    await tell(its, { ...event, cancelled: true });
    await tell(its, event);
    await its.pass(hours(2) + minutes(10));
    expect((await its.messages(id)).map(({ state }) => state)).toEqual(["accepted"]);
    expect(await tell(its, { ...event, lead: { external_id: "nobody" } })).toMatchObject([
      404,
      { error: { code: "lead.not_found" } },
    ]);
  });
});

describe("rules that look by themselves", () => {
  it("no_reply_for finds who has not answered, once, and leaves alone who has", async () => {
    const its = await aWorkplace(house);
    await its.aRule();
    await its.aRule({ trigger_type: "no_reply_for", timing_value: 1, timing_unit: "days" });
    const [silent, talker] = [await its.aLead(), await its.aLead()];
    await its.minute();
    await its.pass(hours(2));
    await its.answer(talker.id, talker.phone);
    await its.pass(hours(25));
    expect([its.timesSent(silent.phone), its.timesSent(talker.phone)]).toEqual([2, 1]);
    await its.pass(hours(26));
    expect(its.timesSent(silent.phone)).toBe(2);
    expect(await its.executions(talker.id)).toMatchObject([
      { state: "done" },
      { state: "stopped", reason: "stopped_by_reply" },
    ]);
  });

  it("lead_recovery begins anew with each change of the lead, and sends when none has come", async () => {
    const its = await aWorkplace(house);
    await its.aRule({ trigger_type: "lead_recovery", timing_value: 2, timing_unit: "days" });
    const { id, phone } = await its.aLead();
    await its.minute();
    await its.pass(days(1));
    await house.sql("UPDATE leads SET status = 'contacted', updated_at = $2 WHERE id = $1", [
      id,
      new Date(house.clock.now()),
    ]);
    await its.pass(days(1) + hours(12));
    expect(its.timesSent(phone)).toBe(0);
    expect((await its.executions(id)).map(({ state, reason }) => [state, reason])).toEqual([
      ["stopped", "superseded"],
      ["waiting", null],
    ]);
    await its.pass(hours(18));
    expect(its.timesSent(phone)).toBe(1);
  });

  it("schedule runs at its time of the tenant's day, for whom its conditions hold", async () => {
    const its = await aWorkplace(house);
    const [dear, other] = [await its.aLead({ tags: JSON.stringify(["vip"]) }), await its.aLead()];
    const ruleId = await its.aRule({
      trigger_type: "schedule",
      schedule: { at: "10:00" },
      conditions: { and: [{ field: "lead.tags", op: "contains", value: "vip" }] },
    });
    const { next_run_at } = await its.rule(ruleId);
    expect(next_run_at).toMatch(/T13:00:00/);
    await its.pass(Date.parse(next_run_at) - house.clock.now() + minutes(5));
    await its.minute();
    expect([its.timesSent(dear.phone), its.timesSent(other.phone)]).toEqual([1, 0]);
    expect(Date.parse((await its.rule(ruleId))["next_run_at"]) - Date.parse(next_run_at)).toBe(days(1));
  });
});

describe("looking and acting by hand", () => {
  it("the preview says who would get what and why others would not, and sends nothing", async () => {
    const its = await aWorkplace(house);
    const ruleId = await its.aRule({
      trigger_type: "manual",
      conditions: [{ field: "status", op: "neq", value: "lost" }],
    });
    const leads = {
      fine: await its.aLead(),
      lost: await its.aLead({ status: "lost" }),
      nameless: await its.aLead({ first_name: null }),
      phoneless: await its.aLead({ phone_number: null }),
      test: await its.aLead({ is_test: true }),
    };
    const [status, { data }] = await its.read(its.post(`${RULES}/${ruleId}/preview`, {}));
    expect([status, data.would_send, data.leads.length]).toEqual([200, 1, 5]);
    const of = (name: keyof typeof leads) =>
      data.leads.find((one: { lead_id: string }) => one.lead_id === leads[name].id);
    expect(of("fine")).toMatchObject({
      decision: "send",
      text: "Hola Ana, te esperamos.",
      template_name: "turno",
      reasons: [],
    });
    expect(of("lost")).toMatchObject({ decision: "stop", reasons: ["conditions:status:neq"] });
    expect(of("nameless")).toMatchObject({ decision: "stop", reasons: ["missing_parameter:body.1"], text: null });
    expect(of("phoneless")).toMatchObject({ decision: "stop", reasons: ["no_recipient"] });
    expect(of("test")).toMatchObject({ decision: "stop", reasons: ["test_lead"] });
    await its.minute();
    expect(house.meta.whatsapp.sent.filter(({ recipient }) => recipient === leads.fine.phone.slice(1))).toEqual([]);
    const [, started] = await its.read(
      its.post(`${RULES}/${ruleId}/enrol`, { lead_ids: [leads.fine.id, leads.lost.id] }),
    );
    expect(started["data"]).toEqual({
      started: 1,
      not_started: [{ lead_id: leads.lost.id, rule_id: ruleId, reason: "conditions:status:neq" }],
    });
    await its.minute();
    expect(its.timesSent(leads.fine.phone)).toBe(1);
    await its.patch(`${RULES}/${ruleId}`, { is_active: false });
    expect(await its.read(its.post(`${RULES}/${ruleId}/enrol`, { lead_ids: [leads.fine.id] }))).toMatchObject([
      409,
      { error: { code: "rule.inactive" } },
    ]);
  });

  it("a rule that changed since it was read is not written over", async () => {
    const its = await aWorkplace(house);
    const ruleId = await its.aRule();
    const { version } = await its.rule(ruleId);
    expect(await its.read(its.patch(`${RULES}/${ruleId}`, { name: `a${ruleId}`, version }))).toMatchObject([
      200,
      { data: { version: version + 1 } },
    ]);
    expect(await its.read(its.patch(`${RULES}/${ruleId}`, { name: "b", version }))).toMatchObject([
      409,
      { error: { code: "request.conflict" } },
    ]);
  });

  test.each<[string, object, string]>([
    ["an unknown field", { and: [{ field: "lead.shoe_size", op: "eq", value: 1 }] }, "field"],
    ["an unknown operator", { or: [{ field: "status", op: "rhymes", value: 1 }] }, "op"],
    ["no branch", { and: [] }, "and"],
  ])("the tree of conditions with %s is refused", async (_, conditions) => {
    const its = await aWorkplace(house);
    const [status] = await its.read(
      its.post(RULES, { name: "x", trigger_type: "manual", action_type: "assign_seller", conditions }),
    );
    expect(status).toBe(422);
  });
});

describe("the breaker of a number", () => {
  it("defect 145: opens at once for what the account is to blame for, lets one message find out later, and is closed by hand", async () => {
    const its = await aWorkplace(house);
    await its.aRule();
    const { stopped } = house.meta.whatsapp.levers;
    const health = async () => (await its.read(its.get("/crm/marketing/automation/health")))[1]["data"];
    const states = async () =>
      (
        await house.sql("SELECT state, attempts FROM messages WHERE tenant_id = $1 ORDER BY attempts DESC", [
          its.tenantId,
        ])
      ).map(({ state, attempts }) => [state, attempts]);
    stopped.set(its.phoneNumberId, 131042);
    for (let count = 0; count < 3; count += 1) await its.aLead();
    await its.minute();
    expect((await health()).numbers).toMatchObject([
      { number: its.phoneNumberId, breaker: "open", reason: "send.131042" },
    ]);
    await its.pass(minutes(30));
    expect(await states()).toEqual([
      ["planned", 1],
      ["planned", 0],
      ["planned", 0],
    ]);
    // One finds out, and it is still so: for longer.
    await its.pass(minutes(40));
    expect((await states()).filter(([, attempts]) => attempts === 0).length).toBeGreaterThan(0);
    expect((await health()).numbers).toMatchObject([{ breaker: "open" }]);
    stopped.delete(its.phoneNumberId);
    const [status] = await its.read(its.post(`/crm/marketing/automation/numbers/${its.phoneNumberId}/reset`, {}));
    expect(status).toBe(200);
    expect((await health()).numbers).toMatchObject([{ breaker: "closed", failures: 0, open_until: null }]);
    await its.minute();
    expect((await states()).filter(([state]) => state === "accepted").length).toBeGreaterThan(0);
    await its.pass(hours(2));
    expect(new Set((await states()).map(([state]) => state))).toEqual(new Set(["accepted"]));
    expect((await its.read(its.post("/crm/marketing/automation/numbers/nobody/reset", {})))[0]).toBe(404);

    // And by itself, when one has found out that it works again.
    stopped.set(its.phoneNumberId, 131042);
    await its.aLead();
    await its.minute();
    expect((await health()).numbers).toMatchObject([{ breaker: "open" }]);
    stopped.delete(its.phoneNumberId);
    await its.pass(hours(2));
    await its.minute();
    expect((await health()).numbers).toMatchObject([{ breaker: "closed" }]);
  });

  it("defect 145: stays closed for phones that are none; defect 144: without a connection messages wait, and the log says why", async () => {
    const its = await aWorkplace(house);
    await its.aRule();
    const leads = await Promise.all(Array.from({ length: 7 }, () => its.aLead()));
    for (const { phone } of leads.slice(0, 6)) house.meta.whatsapp.script(phone.slice(1), { code: 131026 });
    await its.minute();
    expect(await its.messages(leads[6]?.id ?? "")).toMatchObject([{ state: "accepted" }]);
    expect((await its.read(its.get("/crm/marketing/automation/health")))[1]["data"].numbers).toMatchObject([
      { breaker: "closed" },
    ]);
    await house.sql("DELETE FROM connections WHERE tenant_id = $1", [its.tenantId]);
    const late = await its.aLead();
    await its.minute();
    expect(await its.messages(late.id)).toMatchObject([{ state: "planned", reason: "connection.missing" }]);
    const [, { data }] = await its.read(its.get("/crm/marketing/automation-logs?status=pending"));
    expect(data).toMatchObject([{ lead_id: late.id, error_details: "connection.missing" }]);
  });
});
