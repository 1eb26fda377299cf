const WIDTH = 40;

/** `████░░░░ 40 %` */
export const bar = (percent: number): string => {
  const full = Math.round((percent / 100) * WIDTH);
  return `${"█".repeat(full)}${"░".repeat(WIDTH - full)} ${String(percent).padStart(3)} %`;
};

/** Shows progress in place on a terminal, elsewhere as a line for each tenth. */
export const createProgressBar = (out: NodeJS.WriteStream) => {
  let lastTenth = -1;
  return {
    show: (percent: number, note = ""): void => {
      if (out.isTTY) {
        out.write(`\r  ${bar(percent)} ${note}\u001B[K`);
        return;
      }
      const tenth = Math.floor(percent / 10);
      if (tenth === lastTenth) return;
      lastTenth = tenth;
      out.write(`  ${bar(percent)} ${note}\n`);
    },
    end: (): void => {
      if (out.isTTY) out.write("\n");
    },
  };
};
