// The typed client: types of the whole API, and nothing of the server at run time.
import { type ClientRequestOptions, hc } from "hono/client";
import type { App } from "./app.ts";

export type { App };

/** `createClient("https://api.example.com", { headers: { authorization: `Bearer ${token}` } }).crm.marketing.stats.$get({ query: {} })` */
export const createClient = (baseUrl: string, options?: ClientRequestOptions) => hc<App>(baseUrl, options);
