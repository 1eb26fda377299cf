import * as z from "zod";
import { AppError, isAppError } from "../errors.ts";
import { onPaper } from "../lib/on-paper.ts";
import { describe } from "./describe.ts";
import { limitAddress } from "./allowance.ts";
import { router } from "./router.ts";
import type { Tools } from "../context.ts";

const finding = z.object({ name: z.string(), ok: z.boolean(), note: z.string().optional() });

type Check = z.infer<typeof finding>;

const alive = z.object({ status: z.literal("ok") });
const readiness = z.object({ status: z.enum(["ready", "not_ready"]), checks: z.array(finding) });

/** `/healthz`: the process lives. `/readyz`: all it needs is there, and the database's walls hold for our role. */
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
      const checks = await Promise.all(
        [checkDatabase, checkRedis, checkKeys, checkVersion].map((probe) => probe(c.var.tools)),
      );
      const isReady = checks.every(({ ok }) => ok);
      return c.json({ status: isReady ? "ready" : "not_ready", checks }, isReady ? 200 : 503);
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
