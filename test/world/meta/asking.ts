import { createMetaSimulator, type MetaSimulatorOptions } from "./simulator.ts";

/** Noon in Buenos Aires on the demo's anchor day. */
export const NOON = Date.parse("2026-11-23T15:00:00Z");
export const DAY_MS = 86_400_000;
export const CALLBACK = "https://app.example/cb";

interface Graph {
  status: number;
  headers: Headers;
  body: GraphBody;
}

/** As much of Graph's answers as the claims look at. */
interface GraphBody {
  [field: string]: unknown;
  data: Record<string, unknown>[];
  paging?: { cursors: { before: string; after: string }; next?: string; previous?: string };
  error: { code: number; error_subcode?: number; message: string; fbtrace_id: string; is_transient?: boolean };
}

/** A simulator with a caller in hand: `get` and `post` speak v26.0 with a bearer token. */
export const aSimulator = (options: MetaSimulatorOptions = {}) => {
  const sim = createMetaSimulator({ now: () => NOON, ...options });
  const token = sim.issueToken().value;

  const call = async (
    path: string,
    init: RequestInit & { token?: string | undefined; version?: string } = {},
  ): Promise<Graph> => {
    const { token: bearer = token, version = "/v26.0", headers, ...rest } = init;
    const response = await sim.app.request(`http://meta.test${version}${path}`, {
      ...rest,
      headers: { ...(bearer && { authorization: `Bearer ${bearer}` }), ...(headers as Record<string, string>) },
    });
    return { status: response.status, headers: response.headers, body: (await response.json()) as GraphBody };
  };

  const post = (path: string, params: Record<string, string>, init: Parameters<typeof call>[1] = {}) =>
    call(path, { method: "POST", body: new URLSearchParams(params), ...init });

  const exchange = (params: Record<string, string>) =>
    post(
      "/oauth/access_token",
      { client_id: sim.state.appId, client_secret: sim.state.appSecret, ...params },
      { token: "" },
    );

  const dialog = async (params: Record<string, string>) => {
    const query = new URLSearchParams({ client_id: sim.state.appId, redirect_uri: CALLBACK, state: "s1", ...params });
    const response = await sim.app.request(`http://meta.test/v26.0/dialog/oauth?${query}`);
    const location = response.headers.get("location");
    return { status: response.status, location: location ? new URL(location) : undefined, html: await response.text() };
  };

  const aCode = async (params: Record<string, string> = {}): Promise<string> => {
    const { location } = await dialog({ scope: "ads_read,business_management", sim_decision: "approve", ...params });
    return location?.searchParams.get("code") ?? "";
  };

  const debugToken = async (input: string) => {
    const { body } = await call(`/debug_token?input_token=${encodeURIComponent(input)}`, {
      token: `${sim.state.appId}|${sim.state.appSecret}`,
    });
    return body["data"] as unknown as Record<string, unknown>;
  };

  /** Every page of a listing. */
  const all = async (path: string): Promise<Record<string, unknown>[]> => {
    const rows: Record<string, unknown>[] = [];
    let after = "";
    for (let page = 0; page < 200; page += 1) {
      const { body } = await call(`${path}${after && `&after=${after}`}`);
      rows.push(...body.data);
      if (!body.paging?.next || body.data.length === 0) return rows;
      after = encodeURIComponent(body.paging.cursors.after);
    }
    throw new Error("The listing does not end.");
  };

  return { sim, token, get: call, post, exchange, dialog, aCode, debugToken, all };
};
