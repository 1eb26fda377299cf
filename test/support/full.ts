/** True in the long forms (`npm run test:full`, `npm run soak`); `npm test` does the same with less. */
export const isFull = process.env["MODE"] === "full";

/** An eighth of it in `npm test`. */
export const many = (count: number) => (isFull ? count : Math.ceil(count / 8));
