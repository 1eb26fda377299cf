import { Hono } from "hono";
import { tokenValueOf } from "./caller.ts";
import type { SimContext, SimEnv } from "./context.ts";
import { GraphError, invalidParameter } from "./envelope.ts";
import { isRecord, jsonParam } from "./params.ts";

/** `POST /` with up to fifty calls in one (§F.5): HTTP 200 whatever befalls them, bodies as text. */

const MOST_ITEMS = 50;

interface Item {
  method: string;
  relativeUrl: string;
  body?: string;
}

const readItem = (value: unknown): Item => {
  const { method = "GET", relative_url, body } = isRecord(value) ? value : {};
  if (typeof method !== "string" || typeof relative_url !== "string") {
    throw invalidParameter("Each batch item needs a method and a relative_url");
  }
  return { method, relativeUrl: relative_url.replace(/^\//, ""), ...(typeof body === "string" && { body }) };
};

export const batchRoutes = ({ state }: SimContext, run: (request: Request) => Promise<Response>) =>
  new Hono<SimEnv>().post("/", async (c) => {
    const batch = jsonParam(c.get("params"), "batch");
    if (!Array.isArray(batch)) throw invalidParameter("param batch must be an array");
    if (batch.length > MOST_ITEMS) {
      throw new GraphError({
        code: 1,
        type: "GraphBatchException",
        message: `Too many requests in batch message. Maximum batch size is ${MOST_ITEMS}`,
      });
    }
    const token = tokenValueOf(c);
    const { origin } = new URL(c.req.url);
    const finished = batch.length - state.unfinishedInBatch;
    const results = [];
    for (const [place, value] of batch.entries()) {
      const { method, relativeUrl, body } = readItem(value);
      const isVersioned = /^v\d+\.\d+\//.test(relativeUrl);
      const request = new Request(`${origin}/${isVersioned ? "" : `${c.get("version")}/`}${relativeUrl}`, {
        method,
        ...(body !== undefined && { body }),
        headers: {
          ...(token !== undefined && { authorization: `Bearer ${token}` }),
          ...(body !== undefined && { "content-type": "application/x-www-form-urlencoded" }),
        },
      });
      const response = place < finished ? await run(request) : undefined;
      const headers = [...(response?.headers ?? [])].map(([name, content]) => ({ name, value: content }));
      results.push(response ? { code: response.status, headers, body: await response.text() } : null);
    }
    return c.json(results);
  });
