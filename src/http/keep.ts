// Reads that are asked again and again: an ETag over what an answer says (its timestamp aside), 304 to who has it already,
// and finished answers kept in memory as long as the tenant's version is the one they were made for. Only finished
// bodies are kept: on Workers one request may not wait for another's promise.
import type { Context } from "hono";
import { createMiddleware } from "hono/factory";
import type { KeptAnswer } from "../context.ts";
import { digest } from "../lib/digest.ts";
import { wantsCsv } from "./csv.ts";
import { onPaper } from "../lib/on-paper.ts";
import { noted } from "./describe.ts";
import type { Hall } from "./hall.ts";

const TAG_CHARACTERS = 27;

const notes = onPaper({
  headers: { "If-None-Match": "The ETag of an answer you have: 304 while it is still the same." },
});

/** Tags the answer, and says 304 instead of repeating it. After `guard`, on reads. */
export const etag = () =>
  noted(
    createMiddleware<Hall>(async (c, next) => {
      if (wantsCsv(c)) return next();
      await next();
      const made = await readAnswer(c);
      if (made) c.res = answerWith(c, made);
    }),
    notes,
  );

/**
 * Like `etag`, and answers from memory while nothing of the tenant has changed, for a minute at most. Only for answers that
 * are the same for every user of a tenant, and whose every change renews the tenant's version (renew_answers).
 */
export const kept = () =>
  noted(
    createMiddleware<Hall>(async (c, next) => {
      if (wantsCsv(c)) return next();
      const { answers } = c.var.tools;
      const key = keyOf(c);
      const known = key === undefined ? undefined : answers.find(key);
      if (known) return answerWith(c, known);
      await next();
      const made = await readAnswer(c);
      if (!made) return;
      if (key !== undefined) answers.keep(key, made);
      c.res = answerWith(c, made);
    }),
    notes,
  );

/** Whose answer, to what, and of which version. */
function keyOf(c: Context<Hall>): string | undefined {
  const { tenantId, answerVersion } = c.var.ctx;
  if (answerVersion === undefined) return undefined;
  const { pathname, searchParams } = new URL(c.req.url);
  searchParams.sort();
  return `${tenantId} ${answerVersion} ${pathname}?${searchParams.toString()}`;
}

/** The answer as it was made; undefined for what is no success. */
async function readAnswer(c: Context<Hall>): Promise<KeptAnswer | undefined> {
  if (c.res.status !== 200) return undefined;
  const text = await c.res.text();
  const lasting = text.replace(`"timestamp":"${c.var.answeredAt}"`, "");
  const body = new TextEncoder().encode(text);
  return { body, etag: `"${(await digest(lasting)).slice(0, TAG_CHARACTERS)}"` };
}

function answerWith(c: Context<Hall>, { body, etag }: KeptAnswer): Response {
  const isKnown = namesTag(c.req.header("if-none-match"), etag);
  // What is already on the answer (its limits, its origin) Hono adds.
  return new Response(isKnown ? null : body, {
    status: isKnown ? 304 : 200,
    headers: {
      ...(isKnown ? {} : { "Content-Type": "application/json" }),
      ETag: etag,
      "Cache-Control": "private, no-cache",
      Vary: "Authorization, Cookie, X-Tenant-ID, Accept",
    },
  });
}

/** RFC 9110 13.1.2: a list of tags, weak ones too, or `*`. */
function namesTag(ifNoneMatch: string | undefined, etag: string): boolean {
  if (ifNoneMatch === undefined) return false;
  return ifNoneMatch.trim() === "*" || [...ifNoneMatch.matchAll(/"[^"]*"/g)].some(([tag]) => tag === etag);
}
