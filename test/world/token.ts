// npm run -s token -- --tenant 1 --role ceo: prints a session token of a demo user, for curl.
import { join } from "node:path";
import { parseArgs } from "node:util";
import { readDevVars } from "./dev-vars.ts";
import { root } from "./root.ts";
import { findSession, mintSessionToken } from "./session-token.ts";
import { runCommand } from "./command.ts";

const usage = "npm run -s token -- --tenant <id> --role <role> [--user <id>] [--hours <hours>]";

await runCommand(usage, async () => {
  const { values } = parseArgs({
    options: {
      tenant: { type: "string", default: "1" },
      role: { type: "string" },
      user: { type: "string" },
      hours: { type: "string", default: "12" },
    },
  });
  const hours = Number(values.hours);
  if (!(hours > 0)) throw new Error(`--hours must be a positive number, not "${values.hours}".`);
  const session = findSession({ tenantId: Number(values.tenant), role: values.role, userId: values.user });
  const settings = { ...readDevVars(join(root, ".dev.vars")), ...process.env };
  console.log(await mintSessionToken(session, { settings, now: Date.now(), hours }));
});
