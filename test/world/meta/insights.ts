import { Hono } from "hono";
import { authenticate, type Caller, openAccount, requireAdsAccess } from "./caller.ts";
import { dayNumberIn } from "./calendar.ts";
import type { SimContext, SimEnv, SimRequest } from "./context.ts";
import type { AdAccount } from "./entities.ts";
import { GraphError, invalidParameter, missingObject } from "./envelope.ts";
import { type InsightQuery, readInsightQuery } from "./insight-query.ts";
import type { InsightReader } from "./insight-reader.ts";
import type { Level } from "./model.ts";
import { limitParam } from "./params.ts";
import { offsetCursor, pageOf } from "./paging.ts";
import { createReport, readReport, reportRows } from "./reports.ts";
import { findPlace } from "./state.ts";
import { nounOf } from "./structure-nodes.ts";

/** `GET /:node/insights`, its asynchronous sister `POST`, and what polls and reads a report (§E). */
export const insightRoutes = (sim: SimContext, reader: InsightReader) => {
  const { state, clock } = sim;

  const openNode = (caller: Caller, id: string, verb: "get" | "post"): { account: AdAccount; ownLevel: Level } => {
    if (id.startsWith("act_")) return { account: openAccount(caller, state, id), ownLevel: "account" };
    const place = findPlace(state, id);
    if (!place || !caller.accountIds.has(place.account.id)) throw missingObject(id, verb);
    requireAdsAccess(caller, place.account);
    return { account: place.account, ownLevel: nounOf(place) };
  };

  const readQuery = (c: SimRequest, verb: "get" | "post"): { account: AdAccount; query: InsightQuery } => {
    const caller = authenticate(c, sim);
    const nodeId = c.req.param("node") ?? "";
    const { account, ownLevel } = openNode(caller, nodeId, verb);
    const today = dayNumberIn(account.timezoneName, clock.now());
    return { account, query: readInsightQuery(c.get("params"), { nodeId, ownLevel, today }) };
  };

  const checkLimit = (limit: number): void => {
    if (limit <= state.maxPageSize) return;
    throw new GraphError({
      code: 1,
      status: 500,
      message: "Please reduce the amount of data you're asking for, then retry your request",
    });
  };

  const page = (c: SimRequest, account: AdAccount, query: InsightQuery, at: number) => {
    const limit = limitParam(c.get("params"));
    checkLimit(limit);
    const slots = reader.slots(account, query, at);
    return pageOf(c, sim, slots, { limit, cursor: offsetCursor, show: reader.show(account, query, at) });
  };

  return new Hono<SimEnv>()
    .get("/:node{act_[0-9]+|[0-9]+}/insights", (c) => {
      const id = c.req.param("node");
      if (state.runs.has(id)) {
        const { account, report } = reportRows(sim, authenticate(c, sim), id);
        return c.json(page(c, account, report.query, report.createdAt));
      }
      const { account, query } = readQuery(c, "get");
      if (reader.slots(account, query, clock.now()).length > state.maxSyncRows) {
        throw invalidParameter("Please reduce the amount of data you're asking for, then retry your request", 1487534);
      }
      return c.json(page(c, account, query, clock.now()));
    })
    .post("/:node{act_[0-9]+|[0-9]+}/insights", (c) => {
      const { account, query } = readQuery(c, "post");
      const isTooBig = reader.slots(account, query, clock.now()).length > state.maxReportRows;
      return c.json({ report_run_id: createReport(sim, account, query, isTooBig).id });
    })
    .get("/:run{[0-9]+}", async (c, next) => {
      const id = c.req.param("run");
      if (!state.runs.has(id)) return next();
      return c.json(readReport(sim, authenticate(c, sim), id, c.get("params")["fields"]));
    });
};
