// The thinking of the outbox: what a refusal means, what a status may change, which words stop messages.
import fc from "fast-check";
import { describe, expect, it, test } from "vitest";
import { judgeWords } from "../../../src/features/messages/opt-out.ts";
import { stateOf, statesBelow } from "../../../src/features/messages/rank.ts";
import { judge, retrySeconds, type Verdict } from "../../../src/features/messages/send-errors.ts";

const [HOUR, DAY] = [3_600, 86_400];

/** Every code of meta-graph-api §I.6: what is done, and after how long. */
const table: [codes: number[], act: Verdict["act"], seconds?: number | undefined, templateStatus?: string][] = [
  [[0, 102, 190, 3, 10, 200, 250, 299, 131005], "reconnect", HOUR],
  [[1, 2, 131000, 131016, 131052, 135000], "retry", 60],
  [[4, 80007, 132069], "retry", 300],
  [[130429], "retry", 30],
  [[131056], "retry", 6],
  [[131057], "retry", 600],
  [[133016], "retry", 3 * DAY],
  [[33, 131037, 131042, 131045, 131048, 133010], "stop_number", HOUR],
  [[368, 131031], "stop_number", 6 * HOUR],
  [[131064, 132001, 132007, 132015], "stop_template", undefined, "PAUSED"],
  [[132016], "stop_template", undefined, "DISABLED"],
  [[131049], "wait_day", DAY],
  [[131050], "suppress"],
  [[130472, 130497, 131021, 131026, 131030], "drop"],
  [
    [100, 131008, 131009, 131047, 131051, 131053, 131062, 131063, 132000, 132005, 132008, 132012, 132068, 137000],
    "config",
  ],
  // Never seen: it is not sent again by chance.
  [[199, 300, 999_999, 2_388_019, -1], "config"],
];

const unseen = new Set([199, 300, 999_999, 2_388_019, -1]);

describe("a refusal", () => {
  test.each(
    table.flatMap(([codes, act, seconds, status]) => codes.map((code) => [code, { act, seconds, status }] as const)),
  )("%i is %j", (code, { act, seconds, status }) => {
    const { text, ...verdict } = judge(code);
    expect(verdict).toEqual({ act, ...(seconds && { seconds }), ...(status && { templateStatus: status }) });
    expect(text === judge(999_999).text).toBe(unseen.has(code));
    expect(text).toMatch(/^[A-ZÁÉÍÓÚ¿].*\.$/);
  });

  it("says different things of different causes", () => {
    const texts = table.flatMap(([codes]) => codes.map((code) => judge(code).text));
    expect(new Set(texts).size).toBeGreaterThan(35);
  });

  test.each([
    [131056, [6, 12, 24, 48, undefined]],
    [1, [60, 120, 240, 480, undefined]],
    // Not longer than a day, unless Meta says so.
    [131057, [600, 1_200, 2_400, 4_800, undefined]],
    [133016, [3 * DAY, 3 * DAY]],
    [131049, [DAY, undefined]],
    [131026, [undefined]],
    [131050, [undefined]],
    [132015, [undefined]],
    [100, [undefined]],
    [131042, [...Array.from({ length: 11 }, () => HOUR), undefined]],
    [190, [...Array.from({ length: 11 }, () => HOUR), undefined]],
  ])("%i is tried again after %j seconds", (code, waits) => {
    expect(waits.map((_, index) => retrySeconds(judge(code), index + 1))).toEqual(waits);
  });

  it("waits as long as Meta asks, where that is longer", () => {
    expect([retrySeconds(judge(131056), 1, 90), retrySeconds(judge(131056), 4, 5)]).toEqual([90, 48]);
    expect(retrySeconds(judge(131026), 1, 90)).toBeUndefined();
  });

  it("never waits less than a day's limit allows, nor twice as long for ever", () => {
    const long: Verdict = { act: "retry", seconds: 50_000, text: "" };
    expect([1, 2, 3].map((attempt) => retrySeconds(long, attempt))).toEqual([50_000, DAY, DAY]);
  });
});

describe("a status", () => {
  const order = ["planned", "sending", "accepted", "failed", "delivered", "read"] as const;

  test.each([
    ["accepted", ["planned", "dropped", "sending", "unknown"]],
    ["failed", ["planned", "dropped", "sending", "unknown", "accepted"]],
    ["delivered", ["planned", "dropped", "sending", "unknown", "accepted", "failed"]],
    ["read", ["planned", "dropped", "sending", "unknown", "accepted", "failed", "delivered"]],
    ["sending", ["planned", "dropped"]],
    ["unknown", ["planned", "dropped"]],
    ["planned", []],
    ["dropped", []],
  ] as const)("%s comes after %j only", (state, below) => {
    expect(statesBelow(state).toSorted()).toEqual(below.toSorted());
  });

  it("in any order, with doubles and gaps, leaves the highest", () => {
    fc.assert(
      fc.property(fc.array(fc.constantFrom("accepted", "failed", "delivered", "read"), { minLength: 1 }), (told) => {
        const end = told.reduce<string>(
          (state, next) => (statesBelow(next as "read").includes(state as "read") ? next : state),
          "sending",
        );
        const highest = Math.max(...told.map((state) => order.indexOf(state as "read")));
        expect(end).toBe(order[highest]);
      }),
    );
  });

  test.each([
    ["sent", "accepted"],
    ["delivered", "delivered"],
    ["read", "read"],
    ["played", "read"],
    ["failed", "failed"],
    ["warning", undefined],
    ["Sent", undefined],
    ["toString", undefined],
    ["", undefined],
  ])("%s is %s", (word, state) => {
    expect(stateOf(word)).toBe(state);
  });
});

describe("words", () => {
  test.each([
    "STOP",
    "stop",
    "Stop.",
    " stop ",
    "¡BASTA!",
    "Baja",
    "BAJA 🙏",
    "🛑 stop 🛑",
    "dar de baja",
    "Darme de baja.",
    "De baja",
    "salir",
    "SALIR!!!",
    "sair",
    "Sair.",
    "SAÍR",
    "parar",
    "cancelar",
    "cancel",
    "unsubscribe",
    "opt-out",
    "Opt out",
    "stop promotions",
    "Stop  promotions",
    "Desuscribirme",
    "descadastrar",
    "remover",
    "No más mensajes",
    "no quiero más mensajes",
    "Não quero mais",
    "nao quero receber",
    "Cancelar inscrição",
    "s\u0301top",
    "ｓtop".normalize("NFKD"),
    "No molestar",
    "quit",
    "end",
    "pare",
  ])("%j stops", (text) => {
    expect(judgeWords(text)).toBe("stop");
  });

  test.each([
    "START",
    "start!",
    "alta",
    "ALTA ✅",
    "dar de alta",
    "Subscribe",
    "unstop",
    "volver",
    "voltar",
    "começar",
    "Darme de alta",
    "iniciar",
  ])("%j starts", (text) => {
    expect(judgeWords(text)).toBe("start");
  });

  test.each([
    "stop, o Zé não vem",
    "no me des de baja el turno",
    "¿la baja presión es grave?",
    "quiero cancelar mi turno de mañana",
    "puedo parar el auto ahí?",
    "salir a las 5",
    "bajar",
    "stopp",
    "estop",
    "alta calidad",
    "de alta complejidad",
    "start up",
    "non stop",
    "parar parar",
    "",
    "🙏",
    "...",
    "hola",
    "no más",
    "sí",
    "baja baja",
    "cancelar ".repeat(20),
    "STOP" + "!".repeat(100),
    "sto p",
    "constructor",
    "__proto__",
  ])("%j says nothing of it", (text) => {
    expect(judgeWords(text)).toBeUndefined();
  });

  it("a text of up to 64 characters may be the word", () => {
    expect(judgeWords("STOP" + "!".repeat(60))).toBe("stop");
    expect(judgeWords("STOP" + "!".repeat(61))).toBeUndefined();
  });

  it("on a button, cancelling is about the appointment", () => {
    expect(
      ["Cancelar", "cancel", "STOP", "Dar de baja", "Alta"].map((text) => judgeWords(text, { isButton: true })),
    ).toEqual([undefined, undefined, "stop", "stop", "start"]);
  });

  it("inside anything else, no word stops", () => {
    const letters = fc
      .stringMatching(/^[a-z]{1,10}$/)
      .filter((word) => !["no", "de", "dar", "opt", "dame", "darme"].includes(word));
    fc.assert(
      fc.property(letters, fc.constantFrom("stop", "baja", "sair", "cancelar"), letters, (before, word, after) => {
        expect(judgeWords(`${before} ${word} ${after}`)).toBeUndefined();
      }),
    );
  });
});
