/** The simulator's time: a base that tests or the machine move, and what was advanced by hand on top. */
export const createClock = (base: () => number) => {
  let advanced = 0;
  return {
    now: () => base() + advanced,
    seconds: () => Math.floor((base() + advanced) / 1000),
    advance: (ms: number) => {
      advanced += ms;
    },
    reset: () => {
      advanced = 0;
    },
  };
};

export type Clock = ReturnType<typeof createClock>;
