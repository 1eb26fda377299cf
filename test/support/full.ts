/** True in the long forms (`npm run test:full`, `npm run soak`); `npm test` does the same with less. */
export const isFull = process.env["MODE"] === "full";

/** An eighth of it in `npm test`. */
export const many = (count: number) => (isFull ? count : Math.ceil(count / 8));

/** True in `npm run mutation`, where every mutant runs the tests: a few cases do. */
export const isBrief = process.env["CASES"] === "few";
