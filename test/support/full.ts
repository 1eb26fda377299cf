/** True in the long runs (`npm run test:hall`), which are no part of `npm test`. */
export const isFull = process.env["MODE"] === "full";
