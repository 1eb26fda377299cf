// A browser attaches its cookies to requests that other sites make. What changes something under a cookie must come from a
// page of ours. hono/csrf looks at forms only: JSON of another site passes it.
import type { Context } from "hono";
import { AppError } from "../errors.ts";
import type { Hall } from "./hall.ts";

/** What a browser says of a request, and its scripts cannot forge. */
type Provenance = { origin: string | undefined; fetchSite: string | undefined };

/** Origin decides, where there is one; browsers that leave it away tell Sec-Fetch-Site. Who says nothing is no page of ours. */
export function isOurPage({ origin, fetchSite }: Provenance, allowedOrigins: readonly string[]): boolean {
  if (origin !== undefined) return allowedOrigins.includes(origin);
  return fetchSite === "same-origin" || fetchSite === "same-site";
}

/** The type itself, without its parameters: `application/json` of `Application/JSON; charset=utf-8`. */
export const mediaTypeOf = (contentType: string): string => contentType.split(";", 1)[0]?.trim().toLowerCase() ?? "";

/** Forms and `fetch` without a preflight send other types; an empty body needs none. */
export function isOurType(contentType: string | undefined, hasBody: boolean, accepts: readonly string[]): boolean {
  if (contentType === undefined) return !hasBody;
  return accepts.includes(mediaTypeOf(contentType));
}

/** For requests that are signed in by cookie. */
export function guardCookie(c: Context<Hall>, accepts: readonly string[]): void {
  const { method, raw } = c.req;
  if (method === "GET" || method === "HEAD") return;
  const { allowedOrigins } = c.var.tools.settings;
  if (!isOurPage({ origin: c.req.header("origin"), fetchSite: c.req.header("sec-fetch-site") }, allowedOrigins))
    throw new AppError("origin.forbidden", "Este sitio no puede hacer cambios en tu nombre.");
  if (!isOurType(c.req.header("content-type"), raw.body !== null && c.req.header("content-length") !== "0", accepts))
    throw new AppError("request.unsupported_type", `Se espera ${accepts.join(" o ")}.`);
}
