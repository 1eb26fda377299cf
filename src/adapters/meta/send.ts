import { isAppError } from "../../errors.ts";
import { metaError, protocolError } from "./errors.ts";

export type Answer = { status: number; headers: Headers; text: string };

export type Outgoing = {
  method: "GET" | "POST" | "DELETE";
  url: URL;
  headers: Record<string, string>;
  body?: URLSearchParams;
};

const MAX_BYTES = 5 * 1024 * 1024;

const drop = (cancelled: Promise<void> | undefined): void => {
  cancelled?.catch(() => undefined);
};

/** Counts what really arrives: Content-Length is only a promise. */
const readCapped = async (response: Response, deadline: AbortSignal): Promise<string> => {
  if (!response.body) return "";
  const reader: ReadableStreamDefaultReader<Uint8Array> = response.body.getReader();
  const stop = () => drop(reader.cancel());
  deadline.addEventListener("abort", stop);
  try {
    const decoder = new TextDecoder();
    let text = "";
    let bytes = 0;
    for (;;) {
      const { done, value } = await reader.read();
      deadline.throwIfAborted();
      if (done) return text + decoder.decode();
      bytes += value.byteLength;
      if (bytes > MAX_BYTES) {
        stop();
        throw protocolError("response_too_large", { splitBy: "page" });
      }
      text += decoder.decode(value, { stream: true });
    }
  } finally {
    deadline.removeEventListener("abort", stop);
  }
};

/**
 * One request, one answer, no retries. Throws meta.transient when nothing came in time, meta.protocol for a redirect
 * (Graph has none: following one could carry the token elsewhere) or an oversized answer.
 */
export const send = async (fetcher: typeof fetch, outgoing: Outgoing, timeoutMs: number): Promise<Answer> => {
  const { url, ...init } = outgoing;
  const deadline = AbortSignal.timeout(timeoutMs);
  try {
    const response = await fetcher(url, { ...init, redirect: "manual", signal: deadline });
    if (response.status < 200 || (response.status >= 300 && response.status < 400)) {
      drop(response.body?.cancel());
      throw protocolError("redirect");
    }
    return { status: response.status, headers: response.headers, text: await readCapped(response, deadline) };
  } catch (thrown) {
    if (isAppError(thrown)) throw thrown;
    throw metaError("meta.transient", { reason: deadline.aborted ? "timeout" : "network" });
  }
};
