import type { HttpBindings } from "@hono/node-server";
import type { Context } from "hono";
import type { Clock } from "./clock.ts";
import type { Faults } from "./faults.ts";
import type { InsightModel } from "./model.ts";
import type { Recorder } from "./recorder.ts";
import type { MetaState } from "./state.ts";
import type { Tokens } from "./tokens.ts";

/** What every route of the simulator is given. */
export interface SimContext {
  state: MetaState;
  clock: Clock;
  model: InsightModel;
  tokens: Tokens;
  faults: Faults;
  recorder: Recorder;
}

export type Params = Record<string, string>;

export interface SimEnv {
  /** Absent when the app is called in process. */
  Bindings: Partial<HttpBindings>;
  Variables: { params: Params; version: string; fault?: string };
}

export type SimRequest = Context<SimEnv>;
