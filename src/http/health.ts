import * as z from "zod";
import { AppError, isAppError } from "../errors.ts";
import { onPaper } from "../lib/on-paper.ts";
import { describe } from "./describe.ts";
import { limitAddress } from "./allowance.ts";
import { router } from "./router.ts";
import type { Tools } from "../context.ts";
import { once } from "../lib/once.ts";

const figures = {
  seconds: z.number().nullable().optional(),
  count: z.number().optional(),
  days_left: z.number().optional(),
};
const finding = z.object({ name: z.string(), ok: z.boolean(), note: z.string().optional(), ...figures });

type Check = z.infer<typeof finding>;

const alive = once(() => z.object({ status: z.literal("ok") }));
const readiness = once(() =>
  z.object({ status: z.enum(["ready", "degraded", "not_ready"]), checks: z.array(finding) }),
);

/** Without these no request can be served; the others make it `degraded`, which is for whoever watches and no reason to go. */
const vital = new Set(["database", "redis", "keys", "meta_api_version"]);

const CRON_MAY_BE_SECONDS = 180;
const SYNC_MAY_BE_LATE_SECONDS = 900;
const WEBHOOKS_MAY_BE_LATE_SECONDS = 900;
const VERSION_DAYS = 30;

/** `/healthz`: the process lives. `/readyz`: all it needs is there, the database's walls hold for our role, and it works. */
export const healthRoutes = router()
  .get("/healthz", describe(onPaper({ summary: "Say that the process lives", answer: alive, bare: true })), (c) =>
    c.json({ status: "ok" }),
  )
  .get(
    "/readyz",
    describe(
      onPaper({
        summary: "Check all it needs",
        answer: readiness,
        bare: true,
        status: [200, 503],
        errors: ["request.too_many"],
      }),
    ),
    limitAddress("health", 60),
    async (c) => {
      const { tools } = c.var;
      const probes = [checkDatabase, checkRedis, checkKeys, checkVersion].map((probe) => probe(tools));
      const [found, work] = await Promise.all([Promise.all(probes), checkWork(tools)]);
      const checks = [...found, ...work, checkVersionAge(tools)];
      const failed = checks.filter(({ ok }) => !ok);
      const isServing = !failed.some(({ name }) => vital.has(name));
      const status = failed.length === 0 ? "ready" : isServing ? "degraded" : "not_ready";
      return c.json({ status, checks }, isServing ? 200 : 503);
    },
  );

const checkDatabase = (tools: Tools) =>
  check("database", async () => {
    const { bypassesWalls, ownsTables } = await tools.inspectRole();
    if (bypassesWalls || ownsTables) throw new AppError("config.invalid", "the role bypasses row level security");
  });

const checkRedis = (tools: Tools) => check("redis", () => tools.redis.ping());

const checkKeys = (tools: Tools) =>
  check("keys", async () => {
    const place = { tenantId: 0, connectionId: "readyz", kind: "probe" };
    const opened = await tools.vault.open(await tools.vault.seal("probe", place), place);
    if (opened !== "probe") throw new AppError("config.invalid", "a sealed text does not open");
  });

const checkVersion = (tools: Tools) =>
  check("meta_api_version", async () => {
    if (!tools.meta.versionHealth().alive)
      throw new AppError("meta.outdated_version", "the Meta API version has ended");
  });

// Over all tenants, and naming none: anybody may read it.
async function checkWork(tools: Tools): Promise<Check[]> {
  try {
    const { cronSeconds, syncSeconds, webhookSeconds, dead } = await tools.operation.look();
    return [
      { name: "cron", ok: cronSeconds !== null && cronSeconds <= CRON_MAY_BE_SECONDS, seconds: cronSeconds },
      { name: "sync_lag", ok: syncSeconds <= SYNC_MAY_BE_LATE_SECONDS, seconds: syncSeconds },
      { name: "webhook_lag", ok: webhookSeconds <= WEBHOOKS_MAY_BE_LATE_SECONDS, seconds: webhookSeconds },
      { name: "dead_messages", ok: dead === 0, count: dead },
    ];
  } catch {
    return ["cron", "sync_lag", "webhook_lag", "dead_messages"].map((name) => ({
      name,
      ok: false,
      note: "unavailable",
    }));
  }
}

function checkVersionAge(tools: Tools): Check {
  const { daysLeft } = tools.meta.versionHealth();
  const name = "meta_api_age";
  return daysLeft === undefined ? { name, ok: true } : { name, ok: daysLeft > VERSION_DAYS, days_left: daysLeft };
}

async function check(name: string, probe: () => Promise<unknown>): Promise<Check> {
  try {
    await probe();
    return { name, ok: true };
  } catch (thrown) {
    return {
      name,
      ok: false,
      note: isAppError(thrown, "config.invalid", "meta.outdated_version") ? thrown.message : "unavailable",
    };
  }
}
