import fc from "fast-check";
import { describe, expect, it, test } from "vitest";
import { mapQuestions, readAnswers } from "../../../src/features/lead-ads/answers.ts";
import { targetOf } from "../../../src/features/lead-ads/question.ts";
import { splitName } from "../../../src/features/lead-ads/split-name.ts";

const filled = (answers: Record<string, string | string[]>) =>
  Object.entries(answers).map(([name, values]) => ({ name, values: [values].flat() }));

describe("a question asks for", () => {
  test.each([
    ["full_name", "full_name"],
    ["FULL_NAME", "full_name"],
    ["nombre_completo", "full_name"],
    ["nombre_y_apellido", "full_name"],
    ["¿cuál_es_tu_nombre_completo?", "full_name"],
    ["nome_completo", "full_name"],
    ["qual_é_o_seu_nome?", "full_name"],
    ["what_is_your_full_name?", "full_name"],
    ["first_name", "first_name"],
    ["primeiro_nome", "first_name"],
    ["last_name", "last_name"],
    ["apellido", "last_name"],
    ["tus_apellidos", "last_name"],
    ["sobrenome", "last_name"],
    ["email", "email"],
    ["e-mail", "email"],
    ["correo_electrónico", "email"],
    ["Correo electrónico:", "email"],
    ["ingresa_tu_correo", "email"],
    ["seu_melhor_e-mail", "email"],
    ["work_email", "email"],
    ["phone_number", "phone_number"],
    ["teléfono", "phone_number"],
    ["telefono_o_whatsapp", "phone_number"],
    ["¿cuál_es_tu_número_de_whatsapp?", "phone_number"],
    ["celular", "phone_number"],
    ["telefone_com_ddd", "phone_number"],
    ["seu_whatsapp", "phone_number"],
    ["numero_de_celular", "phone_number"],
  ])("%s: %s", (key, target) => {
    expect(targetOf(key)).toBe(target);
  });

  test.each([
    "¿tu_teléfono_es_android?",
    "¿qué_tratamiento_buscas?",
    "nombre_de_tu_empresa",
    "company_name",
    "city",
    "¿podemos_llamarte_por_teléfono?",
    "email_marketing_si_o_no",
    "",
    "🙂",
  ])("nothing we know, whatever words are in it: %s", (key) => {
    expect(targetOf(key)).toBeUndefined();
  });

  it("the first name, where it says nombre and asks for apellido too", () => {
    const targets = (...keys: string[]) => mapQuestions(keys, {}).map(({ target }) => target);
    expect(targets("nombre", "apellido")).toEqual(["first_name", "last_name"]);
    expect(targets("nombre", "email")).toEqual(["full_name", "email"]);
  });
});

describe("a full name", () => {
  test.each([
    ["Ana", "Ana", undefined],
    ["Ana Pérez", "Ana", "Pérez"],
    ["Ana Pérez García", "Ana", "Pérez García"],
    ["Ana María Pérez García", "Ana María", "Pérez García"],
    ["  Ana   Pérez ", "Ana", "Pérez"],
    ["Juan de la Cruz", "Juan", "de la Cruz"],
    ["João da Silva Santos", "João", "da Silva Santos"],
    ["Pérez, Ana", "Ana", "Pérez"],
    ["", undefined, undefined],
  ])("%s is %s and %s", (text, firstName, lastName) => {
    expect(splitName(text)).toEqual({ firstName, lastName });
  });

  it("may be written the other way round, where the question says so", () => {
    expect(readAnswers(filled({ apellido_y_nombre: "Pérez Ana" }))).toMatchObject({
      firstName: "Ana",
      lastName: "Pérez",
    });
  });

  it("loses no word", () => {
    fc.assert(
      fc.property(fc.array(fc.stringMatching(/^[a-zñé]{1,8}$/), { maxLength: 7 }), (words) => {
        const { firstName, lastName } = splitName(words.join(" "));
        expect([firstName, lastName].filter(Boolean).join(" ")).toBe(words.join(" "));
      }),
    );
  });
});

describe("a filled-in form", () => {
  it("defect 129: an empty list of values, none at all, or blanks cost nothing", () => {
    expect(readAnswers(filled({ full_name: [], email: [""], phone_number: ["  "], otra: [] }))).toEqual({
      firstName: undefined,
      lastName: undefined,
      email: undefined,
      phoneNumber: undefined,
      answers: {},
      isTest: false,
    });
    expect(readAnswers([])).toMatchObject({ answers: {} });
  });

  it("keeps as answers what goes nowhere else: second mails, what is no phone, several choices", () => {
    expect(
      readAnswers(
        filled({
          work_email: "ana@work.example",
          email: "ana@example.com",
          teléfono: "no tengo",
          celular: "11 2233 4455",
          horarios: ["mañana", "tarde"],
          city: "Rosario",
        }),
      ),
    ).toEqual({
      firstName: undefined,
      lastName: undefined,
      email: "ana@example.com",
      phoneNumber: "11 2233 4455",
      answers: { work_email: "ana@work.example", teléfono: "no tengo", horarios: ["mañana", "tarde"], city: "Rosario" },
      isTest: false,
    });
  });

  it("goes where a person said, before what we would guess", () => {
    const answers = filled({ dato_1: "Ana Pérez", dato_2: "1122334455", teléfono: "1100000000", secreto: "x" });
    const mapping = { dato_1: "full_name", dato_2: "phone_number", secreto: "ignore" };
    expect(readAnswers(answers, mapping)).toMatchObject({
      firstName: "Ana",
      phoneNumber: "1122334455",
      answers: { teléfono: "1100000000" },
    });
    expect(readAnswers(filled({ email: "a@b.example" }), { email: "answer" })).toMatchObject({
      email: undefined,
      answers: { email: "a@b.example" },
    });
  });

  it("of Meta's own samples is a test, and nobody's name", () => {
    const sample = filled({ full_name: "<test lead: dummy data for full_name>", email: "test@fb.com" });
    expect(readAnswers(sample)).toMatchObject({ isTest: true, firstName: undefined, lastName: undefined });
  });

  it("loses nothing that was answered", () => {
    const key = fc.oneof(
      fc.constantFrom("email", "teléfono", "nombre", "apellido", "__proto__", "ciudad"),
      fc.string(),
    );
    fc.assert(
      fc.property(fc.uniqueArray(fc.tuple(key, fc.string()), { selector: ([name]) => name, maxLength: 6 }), (pairs) => {
        const read = readAnswers(pairs.map(([name, value]) => ({ name, values: [value] })));
        const told = [read.firstName, read.lastName, read.email, read.phoneNumber, ...Object.values(read.answers)];
        const all = told.flat().filter(Boolean).join(" ");
        for (const [, value] of pairs)
          for (const word of value.split(/[\s,]+/).filter(Boolean)) expect(all).toContain(word);
      }),
    );
  });
});
