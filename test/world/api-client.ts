// The API as a program outside sees it: envelope, errors, limits.

export type Call = (url: string, init?: RequestInit) => Promise<Response>;

/** Lets time pass; a test lets its own clock pass instead. */
export type Wait = (ms: number) => Promise<void>;

type Envelope<T> = { data: T; total?: number; detail?: string };

/** A refusal, in the API's own words. */
export class ApiError extends Error {
  override readonly name = "ApiError";
  readonly status: number;
  readonly details: Record<string, unknown>;

  constructor(status: number, message: string, details: Record<string, unknown>) {
    super(message);
    this.status = status;
    this.details = details;
  }
}

const read = async <T>(response: Response, what: string): Promise<Envelope<T>> => {
  const text = await response.text();
  try {
    return JSON.parse(text) as Envelope<T>;
  } catch (cause) {
    throw new Error(`${what} answered ${response.status} with something that is no JSON.`, { cause });
  }
};

export type Api = ReturnType<typeof createApi>;

/** Requests in the name of a session token. Over the limit it waits as long as it is told, three times. */
export const createApi = ({
  call,
  workerUrl,
  token,
  wait,
}: {
  call: Call;
  workerUrl: string;
  token: string;
  wait: Wait;
}) => {
  const send = async <T>(method: string, path: string, body?: unknown, patience = 3): Promise<Envelope<T>> => {
    const headers = { authorization: `Bearer ${token}`, "content-type": "application/json" };
    const what = `${method} ${path.replace(/\?.*$/, "")}`;
    const response = await call(workerUrl + path, {
      method,
      headers,
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    if (response.status === 429 && patience > 0) {
      await response.body?.cancel();
      await wait(1000 * Number(response.headers.get("retry-after") ?? 5));
      return send(method, path, body, patience - 1);
    }
    const envelope = await read<T>(response, what);
    if (response.ok) return envelope;
    const { error } = envelope as { error?: { details?: Record<string, unknown> } };
    throw new ApiError(
      response.status,
      `${what} answered ${response.status}: ${envelope.detail ?? "no reason given"}`,
      error?.details ?? {},
    );
  };
  return {
    get: async <T>(path: string): Promise<T> => (await send<T>("GET", path)).data,
    post: async <T>(path: string, body: unknown): Promise<T> => (await send<T>("POST", path, body)).data,
  };
};
