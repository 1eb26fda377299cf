import fc from "fast-check";
import { describe, expect, it, test } from "vitest";
import { parametersOf } from "../../../src/features/templates/parameters.ts";
import {
  type ParameterValue,
  type ParameterValues,
  renderComponents,
  valuesOfVariables,
} from "../../../src/features/templates/render.ts";

type Part = Record<string, unknown>;

const promo: Part[] = [
  { type: "HEADER", format: "TEXT", text: "Our {{1}} is on!", example: { header_text: ["Summer Sale"] } },
  { type: "BODY", text: "Hola {{1}}, usá {{2}} para un 25%.", example: { body_text: [["Ana", "25OFF"]] } },
  { type: "FOOTER", text: "Tocá para no recibir más promos" },
  {
    type: "BUTTONS",
    buttons: [
      { type: "QUICK_REPLY", text: "Stop promotions" },
      { type: "URL", text: "Comprar", url: "https://x.example/p?c={{1}}", example: ["https://x.example/p?c=abc"] },
      { type: "PHONE_NUMBER", text: "Llamar", phone_number: "+16467043595" },
    ],
  },
];
const appointment: Part[] = [{ type: "BODY", text: "Hola {{first_name}}, tu turno es {{date}}" }];
const body = (text: string): Part[] => [{ type: "BODY", text }];
const image = { link: "https://x.example/a.png" };

const render = (components: unknown, values: ParameterValues, parameterFormat: string | null = null) =>
  renderComponents({ components, parameterFormat }, values);

describe("what must be filled", () => {
  test.each<[string, unknown, string[], string[]]>([
    ["header, body, a button with an address", promo, ["header", "body.1", "body.2", "buttons.0", "buttons.1"], []],
    ["names", appointment, ["body.first_name", "body.date"], []],
    ["numbers as they count, each once", body("{{2}} y {{1}} y {{2}}."), ["body.1", "body.2"], []],
    ["a picture", [{ type: "HEADER", format: "IMAGE" }, ...body("Hola")], ["header"], []],
    ["nothing", body("Hola"), [], []],
    ["an offer", [...body("Hola"), { type: "LIMITED_TIME_OFFER", limited_time_offer: {} }], [], ["limited_time_offer"]],
    ["a product", [{ type: "HEADER", format: "PRODUCT" }], [], ["header.product"]],
    ["products", [{ type: "BUTTONS", buttons: [{ type: "MPM", text: "Ver" }] }], [], ["buttons.mpm"]],
    ["a button of next year", [{ type: "BUTTONS", buttons: [{ type: "HOLOGRAM", text: "Ver" }] }], [], []],
    ["a component of next year with a variable", [{ type: "SMELL", text: "{{1}}" }], [], ["smell"]],
    ["a component of next year without one", [{ type: "SMELL", text: "rosas" }], [], []],
    ["anything else", { body: "{{1}}" }, [], []],
    ["nothing at all", null, [], []],
  ])("of %s", (_, components, keys, unsupported) => {
    const found = parametersOf(components);
    expect([found.parameters.map(({ key }) => key), found.unsupported]).toEqual([keys, unsupported]);
  });
});

describe("filled in", () => {
  it("is what the sample of Meta's has", () => {
    const values = { header: "Summer Sale", "body.1": "Ana", "body.2": "25OFF", "buttons.1": "abc" };
    expect(render(promo, values)).toEqual({
      components: [
        { type: "header", parameters: [{ type: "text", text: "Summer Sale" }] },
        {
          type: "body",
          parameters: [
            { type: "text", text: "Ana" },
            { type: "text", text: "25OFF" },
          ],
        },
        { type: "button", sub_type: "url", index: "1", parameters: [{ type: "text", text: "abc" }] },
      ],
    });
  });

  it("names what is NAMED, whether Meta says so or only the names do", () => {
    const values = { "body.first_name": "Ana", "body.date": "3/12" };
    const expected = {
      components: [
        {
          type: "body",
          parameters: [
            { type: "text", parameter_name: "first_name", text: "Ana" },
            { type: "text", parameter_name: "date", text: "3/12" },
          ],
        },
      ],
    };
    expect(render(appointment, values, "NAMED")).toEqual(expected);
    expect(render(appointment, values)).toEqual(expected);
  });

  test.each<[string, Part, ParameterValue, Part]>([
    [
      "a picture",
      { type: "HEADER", format: "IMAGE" },
      image,
      { type: "header", parameters: [{ type: "image", image }] },
    ],
    [
      "a document by its id",
      { type: "HEADER", format: "DOCUMENT" },
      { id: "77", filename: "turno.pdf" },
      { type: "header", parameters: [{ type: "document", document: { id: "77", filename: "turno.pdf" } }] },
    ],
    [
      "a place",
      { type: "HEADER", format: "LOCATION" },
      { latitude: -34.6, longitude: -58.4, name: "Clínica" },
      {
        type: "header",
        parameters: [{ type: "location", location: { latitude: -34.6, longitude: -58.4, name: "Clínica" } }],
      },
    ],
  ])("holds %s", (_, header, value, expected) => {
    expect(render([header, ...body("Hola")], { header: value })).toEqual({ components: [expected] });
  });

  it("holds codes, answers and flows of buttons by their place", () => {
    const buttons = [
      { type: "COPY_CODE", example: "25OFF" },
      { type: "QUICK_REPLY", text: "Sí" },
      { type: "FLOW", text: "Reservar", flow_id: "1" },
      { type: "OTP", otp_type: "COPY_CODE", text: "Copiar" },
    ];
    const values = { "buttons.0": "25OFF", "buttons.1": "yes", "buttons.3": "123456" };
    expect(render([...body("Hola"), { type: "BUTTONS", buttons }], values)).toEqual({
      components: [
        {
          type: "button",
          sub_type: "copy_code",
          index: "0",
          parameters: [{ type: "coupon_code", coupon_code: "25OFF" }],
        },
        { type: "button", sub_type: "quick_reply", index: "1", parameters: [{ type: "payload", payload: "yes" }] },
        {
          type: "button",
          sub_type: "flow",
          index: "2",
          parameters: [{ type: "action", action: { flow_token: "unused" } }],
        },
        { type: "button", sub_type: "url", index: "3", parameters: [{ type: "text", text: "123456" }] },
      ],
    });
  });

  it("holds the cards of a carousel", () => {
    const card = {
      components: [
        { type: "HEADER", format: "IMAGE" },
        { type: "BODY", text: "Sale {{1}} hoy." },
        { type: "BUTTONS", buttons: [{ type: "URL", text: "Ver", url: "https://x.example/{{1}}" }] },
      ],
    };
    const values = {
      "body.1": "Ana",
      ...Object.fromEntries(
        [0, 1].flatMap((index) => [
          [`cards.${index}.header`, image],
          [`cards.${index}.body.1`, `${index}`],
          [`cards.${index}.buttons.0`, "p"],
        ]),
      ),
    };
    const cards = [0, 1].map((index) => ({
      card_index: index,
      components: [
        { type: "header", parameters: [{ type: "image", image }] },
        { type: "body", parameters: [{ type: "text", text: `${index}` }] },
        { type: "button", sub_type: "url", index: "0", parameters: [{ type: "text", text: "p" }] },
      ],
    }));
    expect(render([...body("Hola {{1}}."), { type: "CAROUSEL", cards: [card, card] }], values)).toEqual({
      components: [
        { type: "body", parameters: [{ type: "text", text: "Ana" }] },
        { type: "carousel", cards },
      ],
    });
  });
});

describe("wrong values", () => {
  const header = (format: string): Part[] => [{ type: "HEADER", format }];
  test.each<[string, unknown, ParameterValues, string]>([
    ["none", body("Hola {{1}}."), {}, "body.1 missing"],
    ["an empty text", body("Hola {{1}}."), { "body.1": " " }, "body.1 missing"],
    ["one more", body("Hola {{1}}."), { "body.1": "Ana", "body.2": "x" }, "body.2 extra"],
    ["a picture for a text", body("Hola {{1}}."), { "body.1": image }, "body.1 wrong_type"],
    ["no number", body("Hola {{1}}."), { "body.1": Number.NaN }, "body.1 wrong_type"],
    ["a new line", body("Hola {{1}}."), { "body.1": "Ana\nPérez" }, "body.1 characters"],
    ["a tab", body("Hola {{1}}."), { "body.1": "Ana\tPérez" }, "body.1 characters"],
    ["five blanks", body("Hola {{1}}."), { "body.1": "Ana     Pérez" }, "body.1 characters"],
    ["too long a text", body("Hola {{1}}."), { "body.1": "a".repeat(1020) }, "body.1 too_long"],
    [
      "too long a header",
      [{ type: "HEADER", format: "TEXT", text: "{{1}}!" }],
      { header: "a".repeat(60) },
      "header too_long",
    ],
    ["a text for a picture", header("IMAGE"), { header: "https://x.example/a.png" }, "header wrong_type"],
    ["an address that is not safe", header("VIDEO"), { header: { link: "http://x.example/a" } }, "header wrong_type"],
    ["no picture", header("IMAGE"), {}, "header missing"],
    ["no place", header("LOCATION"), { header: { latitude: 91, longitude: 0 } }, "header wrong_type"],
    ["what cannot be sent", header("PRODUCT"), {}, "header.product unsupported"],
    [
      "a blank in an address",
      promo,
      { header: "x", "body.1": "a", "body.2": "b", "buttons.1": "a b" },
      "buttons.1 characters",
    ],
    [
      "too long a code",
      [{ type: "BUTTONS", buttons: [{ type: "COPY_CODE" }] }],
      { "buttons.0": "a".repeat(16) },
      "buttons.0 too_long",
    ],
  ])("%s: told before anything is sent", (_, components, values, expected) => {
    const rendered = render(components, values);
    expect("problems" in rendered && rendered.problems.map(({ key, code }) => `${key} ${code}`)).toEqual([expected]);
  });

  it("four blanks are taken, and a number is a text", () => {
    expect("components" in render(body("Hola {{1}} {{2}}."), { "body.1": "a    b", "body.2": 7 })).toBe(true);
  });

  it("defect 151: variables in their order fill the body, and are counted by the text", () => {
    expect("components" in render(body("Hola {{1}} {{2}}."), valuesOfVariables(["Ana", 3]))).toBe(true);
    expect(render(body("Hola {{1}} {{2}}."), valuesOfVariables(["Ana"]))).toMatchObject({
      problems: [{ key: "body.2", code: "missing" }],
    });
  });
});

/** What Meta counts (132000): the variables of each part, against the parameters that came for it. */
const demanded = (components: Part[]) =>
  components.flatMap((part) => {
    const count = new Set([...String(part["text"] ?? "").matchAll(/\{\{(\w+)\}\}/g)].map(([, name]) => name)).size;
    const buttons = ((part["buttons"] ?? []) as Part[]).flatMap((button, index) =>
      String(button["url"] ?? "").includes("{{") ? [`button ${index}: 1`] : [],
    );
    return [...(count > 0 ? [`${String(part["type"]).toLowerCase()}: ${count}`] : []), ...buttons];
  });

const supplied = (components: Part[]) =>
  components.map(
    (part) => `${part["type"]}${part["index"] ? ` ${part["index"]}` : ""}: ${(part["parameters"] as Part[]).length}`,
  );

const word = fc.stringMatching(/^[a-z]{1,6}$/);
const numbered = fc
  .array(word, { maxLength: 6 })
  .map((words) => `Hola ${words.map((text, index) => `${text} {{${index + 1}}}`).join(" ")}.`);
const named = fc
  .uniqueArray(word, { maxLength: 6 })
  .map((names) => `Hola ${names.map((n) => `x {{${n}}}`).join(" ")}.`);
const template = fc.record({
  header: fc.constantFrom(undefined, "Turno", "Turno {{1}}"),
  body: fc.oneof(numbered, named),
  links: fc.array(fc.boolean(), { maxLength: 3 }),
});

it("property: what is rendered has as many parameters as Meta demands, and one fewer or one more is never rendered", () => {
  fc.assert(
    fc.property(template, fc.nat(), ({ header, body: text, links }, pick) => {
      const components: Part[] = [
        ...(header ? [{ type: "HEADER", format: "TEXT", text: header }] : []),
        { type: "BODY", text },
        {
          type: "BUTTONS",
          buttons: links.map((has) => ({ type: "URL", url: `https://x.example/${has ? "{{1}}" : ""}` })),
        },
      ];
      const keys = parametersOf(components).parameters.map(({ key }) => key);
      const values = Object.fromEntries(keys.map((key) => [key, "v"]));
      const rendered = render(components, values);
      expect("components" in rendered && supplied(rendered.components)).toEqual(demanded(components));
      const gone = keys[pick % (keys.length || 1)];
      const { [gone ?? ""]: _, ...fewer } = values;
      expect(render(components, fewer)).toMatchObject(
        gone === undefined ? rendered : { problems: [{ key: gone, code: "missing" }] },
      );
      expect(render(components, { ...values, "body.99": "v" })).toMatchObject({ problems: [{ code: "extra" }] });
    }),
    { numRuns: 100 },
  );
});
