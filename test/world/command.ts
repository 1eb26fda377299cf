/** Runs a command line program: what it throws is told in one sentence, with its usage if the arguments were the reason. */
export const runCommand = async (usage: string, run: () => Promise<void>): Promise<void> => {
  try {
    await run();
  } catch (error) {
    console.error(error instanceof Error ? error.message : String(error));
    const isAboutArguments =
      error instanceof Error && "code" in error && String(error.code).startsWith("ERR_PARSE_ARGS");
    if (isAboutArguments) console.error(`\nUsage: ${usage}`);
    process.exitCode = 1;
  }
};
