import type * as z from "zod";
import { collectPages, pageOf } from "./paging.ts";
import { read } from "./read.ts";
import { type Answer, send } from "./send.ts";
import { parseUsage, type Usage } from "./throttle.ts";
import { sign } from "./signature.ts";

export type GraphOptions = {
  fetch: typeof fetch;
  now: () => number;
  /** Where every call goes, e.g. `https://graph.facebook.com`; no answer of Meta's can change that. */
  graphBaseUrl: string;
  version: string;
  appId: string;
  appSecret: string;
  /** Called after every answer, good or bad, that carries usage; `accountId` when the call was on one ad account. */
  onUsage?: (usage: Usage, accountId: string | undefined) => void;
  /** Meta silently serves another version once ours has expired (§A.2). */
  onVersionMismatch?: (asked: string, answered: string) => void;
  timeoutMs?: number;
};

/** A user's or system user's token, the app's own, or (token endpoint) the app's id and secret in the form. */
export type Auth = { token: string } | "app" | "client";

/** Strings go as they are, anything else as JSON text; undefined is left out. */
export type Params = Readonly<Record<string, string | number | boolean | object | undefined>>;

export type GraphRequest<T> = {
  method?: "GET" | "POST" | "DELETE";
  /** Plain segments, e.g. `act_111/campaigns`. */
  path: string;
  params?: Params;
  auth: Auth;
  schema: z.ZodType<T>;
  /** Whose quota the call uses, where the path does not tell. */
  accountId?: string | undefined;
};

export type Graph = ReturnType<typeof createGraph>;

/** Low-level access to Graph: `ask` is one request, `call` one that was understood, `list` every page of an edge. */
export const createGraph = (options: GraphOptions) => {
  // `fetch` is taken out of `options` because workerd refuses to run it as a method of another object.
  const { fetch: fetcher, now, graphBaseUrl, version, appId, appSecret, timeoutMs = 30_000 } = options;

  const authorize = async (auth: Auth): Promise<{ headers: Record<string, string>; params: Params }> => {
    if (auth === "client") return { headers: {}, params: { client_id: appId, client_secret: appSecret } };
    if (auth === "app") return { headers: { authorization: `Bearer ${appId}|${appSecret}` }, params: {} };
    return {
      headers: { authorization: `Bearer ${auth.token}` },
      // That the bearer of a user's token is our server (§B.8).
      params: { appsecret_proof: await sign(appSecret, auth.token) },
    };
  };

  const observe = (headers: Headers, accountId: string | undefined): Usage => {
    const usage = parseUsage(headers);
    if (Object.keys(usage).length > 0) options.onUsage?.(usage, accountId);
    const answered = headers.get("facebook-api-version");
    if (answered && answered !== version) options.onVersionMismatch?.(version, answered);
    return usage;
  };

  /** One request and its answer as it came. */
  const ask = async ({
    method = "GET",
    path,
    params,
    auth,
    accountId,
  }: Omit<GraphRequest<unknown>, "schema">): Promise<Answer & { retryAfterSeconds?: number | undefined }> => {
    const url = new URL(`${graphBaseUrl.replace(/\/+$/, "")}/${version}/${path}`);
    const authorized = await authorize(auth);
    const fields = new URLSearchParams();
    for (const [name, value] of Object.entries({ ...params, ...authorized.params })) {
      if (value !== undefined) fields.set(name, typeof value === "string" ? value : JSON.stringify(value));
    }
    if (method !== "POST") url.search = fields.toString();
    const { headers } = authorized;
    const answer = await send(fetcher, { method, url, headers, ...(method === "POST" && { body: fields }) }, timeoutMs);
    const { retryAfterSeconds } = observe(answer.headers, accountId ?? /^act_(\d+)/.exec(path)?.[1]);
    return { ...answer, retryAfterSeconds };
  };

  const call = async <T>({ schema, ...request }: GraphRequest<T>): Promise<T> => {
    const answer = await ask(request);
    const { retryAfterSeconds } = answer;
    return read(answer, schema, { oauth: request.auth === "client", ofApp: request.auth === "app", retryAfterSeconds });
  };

  /** Every row of an edge (never part of them). `params.limit` is the page size. */
  const list = <Row>(
    { schema, params, ...request }: Omit<GraphRequest<Row>, "method">,
    options?: { maxPages?: number },
  ): Promise<Row[]> => {
    const page = pageOf(schema);
    return collectPages((after) => call({ ...request, params: { ...params, after }, schema: page }), options);
  };

  return { ask, call, list, now };
};
