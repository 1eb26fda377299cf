// What a filled-in form says of a person. Nothing that was answered is lost: what goes nowhere else is kept as an answer.
import { isBareName, isLastNameFirst, isOfWork, type Target, targetOf } from "./question.ts";
import { splitName } from "./split-name.ts";

export type Filled = { name: string; values: readonly string[] };

/** What a person decided for some of a form's questions. */
export type Mapping = Readonly<Record<string, string>>;

export type ReadForm = {
  firstName: string | undefined;
  lastName: string | undefined;
  email: string | undefined;
  phoneNumber: string | undefined;
  answers: Record<string, string | string[]>;
  /** One of Meta's own samples. */
  isTest: boolean;
};

const DUMMY = /^<test lead: dummy data/i;
const DUMMY_EMAIL = /^test@(fb|meta|facebook)\.com$/i;

/** Where each question's answer goes; `decided` where a person said so. */
export function mapQuestions(
  keys: readonly string[],
  mapping: Mapping,
): { key: string; target: Target; decided: boolean }[] {
  const known = keys.map((key) => {
    const decided = Object.hasOwn(mapping, key);
    return { key, decided, target: ((decided ? mapping[key] : targetOf(key)) ?? "answer") as Target };
  });
  const asksLastName = known.some(({ target }) => target === "last_name");
  return known.map((one) =>
    asksLastName && !one.decided && one.target === "full_name" && isBareName(one.key)
      ? { ...one, target: "first_name" }
      : one,
  );
}

const isGood: Partial<Record<Target, (text: string) => boolean>> = {
  email: (text) => /^\S+@\S+$/.test(text),
  phone_number: (text) => text.replace(/\D/g, "").length >= 5,
};

export function readAnswers(filled: readonly Filled[], mapping: Mapping = {}): ReadForm {
  const targetsOf = new Map(
    mapQuestions(
      filled.map(({ name }) => name),
      mapping,
    ).map((one) => [one.key, one]),
  );
  const said = filled.map(({ name, values }) => ({
    key: name,
    texts: values.map((value) => value.trim()).filter(Boolean),
    target: targetsOf.get(name)?.target ?? "answer",
    decided: targetsOf.get(name)?.decided ?? false,
  }));
  const isDummy = (text: string) => DUMMY.test(text) || DUMMY_EMAIL.test(text);
  const isTest = said.some(({ texts }) => texts.some(isDummy));

  // What a person decided goes before what we guess, and private before work.
  const rank = ({ decided, key }: (typeof said)[number]) => (decided ? 0 : 1) + (isOfWork(key) ? 2 : 0);
  const taken = new Map<Target, (typeof said)[number]>();
  for (const one of said.toSorted((a, b) => rank(a) - rank(b))) {
    const [text] = one.texts;
    if (one.target === "answer" || one.target === "ignore" || text === undefined || taken.has(one.target)) continue;
    if (!DUMMY.test(text) && (isGood[one.target]?.(text) ?? true)) taken.set(one.target, one);
  }
  const textOf = (target: Target) => taken.get(target)?.texts[0];

  const full = taken.get("full_name");
  const split = full ? splitName(full.texts[0] ?? "", { lastFirst: isLastNameFirst(full.key) }) : undefined;
  const kept = said.filter((one) => one.texts.length > 0 && one.target !== "ignore" && taken.get(one.target) !== one);
  return {
    firstName: textOf("first_name") ?? split?.firstName,
    lastName: textOf("last_name") ?? split?.lastName,
    email: textOf("email"),
    phoneNumber: textOf("phone_number"),
    answers: Object.fromEntries(kept.map(({ key, texts }) => [key, texts.length === 1 ? (texts[0] ?? "") : texts])),
    isTest,
  };
}
