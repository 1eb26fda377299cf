// A random business and questions about it.
import fc from "fast-check";
import { type View, views } from "./business.ts";
import type { Basis } from "./outcomes.ts";
import { aRandomBusiness, type RandomBusiness } from "./random-business.ts";
import type { Asked } from "./totals.ts";

/** `isOwn`: nothing is asked for but days and a currency, the rest is the tenant's own. */
export type Case = Asked & { business: RandomBusiness; isOwn: boolean };

const bases: Basis[] = ["cash", "cohort"];

const aQuestion = {
  view: fc.constantFrom<View[]>(...views),
  basis: fc.constantFrom<Basis[]>(...bases),
  currency: fc.constantFrom("ARS", "USD", "JPY", "KWD"),
  ends: fc.tuple(fc.nat({ max: 9 }), fc.nat({ max: 9 })),
};

type Options = { businesses?: fc.Arbitrary<RandomBusiness>; isOwn: fc.Arbitrary<boolean> };

/** The same business asked several times over. */
export const someCases = (count: number, { businesses = aRandomBusiness, isOwn }: Options): fc.Arbitrary<Case[]> =>
  fc
    .record({
      business: businesses,
      questions: fc.array(fc.record({ isOwn, ...aQuestion }), { minLength: count, maxLength: count }),
    })
    .map(({ business, questions }) =>
      questions.map(({ ends, ...rest }) => {
        const [first = 0, last = 0] = ends.toSorted((a, b) => a - b);
        const own = rest.isOwn ? { view: business.defaultView, basis: "cash" as const } : {};
        return { ...rest, ...own, business, since: business.days[first] ?? "", until: business.days[last] ?? "" };
      }),
    );

export const aRandomCase: fc.Arbitrary<Case> = someCases(1, { isOwn: fc.constant(false) }).map(([one]) => one as Case);
