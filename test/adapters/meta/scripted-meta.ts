import { createMetaClient, type MetaClientOptions } from "../../../src/adapters/meta/client.ts";
import type { Usage } from "../../../src/adapters/meta/throttle.ts";

export const NOW = Date.parse("2026-11-23T12:00:00Z");
export const SECRET = "app-secret-do-not-leak";
export const TOKEN = "EAAG-token-do-not-leak";

export type Asked = { method: string; url: URL; headers: Headers; form: URLSearchParams; redirect: string | undefined };
type Scripted = Response | Error | ((asked: Asked, signal: AbortSignal) => Response | Promise<Response>);

export const json = (body: unknown, init: ResponseInit = {}): Response => new Response(JSON.stringify(body), init);

export const refusal = (code: number, subcode?: number, message = "(#x) no", status = 400): Response =>
  json({ error: { message, type: "OAuthException", code, error_subcode: subcode, fbtrace_id: "A1" } }, { status });

/** A page of a listing; with `after` it says that there is more, at an address nobody may follow. */
export const page = (data: unknown[], after?: string): Response =>
  json({
    data,
    paging: after && { cursors: { after }, next: `https://evil.example/?access_token=${TOKEN}&after=${after}` },
  });

/** A real client over a `fetch` that answers from a script, the last line repeating. */
export const scripted = (answers: Scripted[], options: Partial<MetaClientOptions> = {}) => {
  const asked: Asked[] = [];
  const usages: { usage: Usage; accountId: string | undefined }[] = [];
  const mismatches: [string, string][] = [];
  const fetcher = async (input: string | URL | Request, init: RequestInit = {}): Promise<Response> => {
    const body = init.body instanceof URLSearchParams ? init.body : undefined;
    const one: Asked = {
      method: init.method ?? "GET",
      url: new URL(String(input)),
      headers: new Headers(init.headers),
      form: body ?? new URLSearchParams(),
      redirect: init.redirect,
    };
    const answer = answers[Math.min(asked.length, answers.length - 1)];
    asked.push(one);
    if (answer instanceof Error) throw answer;
    if (typeof answer === "function") return answer(one, init.signal ?? new AbortController().signal);
    if (!answer) throw new Error("The script is empty.");
    return answer.clone();
  };
  const meta = createMetaClient({
    fetch: fetcher as typeof fetch,
    now: () => NOW,
    graphBaseUrl: "https://graph.test",
    dialogBaseUrl: "https://dialog.test/",
    version: "v26.0",
    appId: "4242",
    appSecret: SECRET,
    onUsage: (usage, accountId) => usages.push({ usage, accountId }),
    onVersionMismatch: (...versions) => mismatches.push(versions),
    ...options,
  });
  return { meta, asked, usages, mismatches };
};

/** What a promise was rejected with; fails when it was not. */
export const failureOf = async (
  promise: Promise<unknown>,
): Promise<{ code: string; details: Record<string, unknown>; all: string }> => {
  try {
    await promise;
  } catch (thrown) {
    const { code, details } = thrown as { code: string; details: Record<string, unknown> };
    const { message, stack, cause } = thrown as Error;
    return { code, details, all: `${message} ${stack} ${String(cause)} ${JSON.stringify(details)}` };
  }
  throw new Error("Nothing was thrown.");
};
