// Sending through YCloud (docs.ycloud.com, "Send WhatsApp message"). Queued at their side and not sent directly: only so do
// they hold back what goes to people who unsubscribed there.
import * as z from "zod";
import { once } from "../../lib/once.ts";
import type { Sent, TemplateMessage } from "../../lib/sending.ts";

export type YCloudOptions = { fetch: typeof fetch; baseUrl: string; timeoutMs?: number };

export type YCloudClient = ReturnType<typeof createYCloud>;

const accepted = once(() =>
  z.object({ id: z.string().min(1), wamid: z.string().nullish(), status: z.string().optional() }),
);

const refusal = once(() =>
  z.object({
    error: z.object({ code: z.string(), whatsappApiError: z.object({ code: z.coerce.number().int() }).optional() }),
  }),
);

const MAX_TEXT = 1024 * 1024;

/** WhatsApp's codes for what YCloud itself refuses; anything else is a message that is wrong. */
const codes: Readonly<Record<string, number>> = {
  UNAUTHORIZED: 0,
  FORBIDDEN: 10,
  TOO_MANY_REQUESTS: 130429,
  BALANCE_INSUFFICIENT: 131042,
  RECIPIENT_UNSUBSCRIBED: 131050,
};

export const createYCloud = ({ fetch: fetcher, baseUrl, timeoutMs = 30_000 }: YCloudOptions) => ({
  /** One call, no retry. */
  sendTemplate: async (
    apiKey: string,
    { sender, reference, phone, bsuid, template }: TemplateMessage & { sender: string },
  ): Promise<Sent> => {
    const body = {
      from: sender,
      ...(phone === undefined ? { recipient: bsuid } : { to: phone }),
      type: "template",
      template: { name: template.name, language: { code: template.language }, components: template.components },
      externalId: reference,
      filterUnsubscribed: true,
      filterBlocked: true,
    };
    const deadline = AbortSignal.timeout(timeoutMs);
    try {
      const response = await fetcher(`${baseUrl}/v2/whatsapp/messages`, {
        method: "POST",
        headers: { "X-API-Key": apiKey, "Content-Type": "application/json" },
        body: JSON.stringify(body),
        redirect: "manual",
        signal: deadline,
      });
      const text = await response.text();
      return understand(response.status, text.length > MAX_TEXT ? undefined : parse(text));
    } catch {
      return { kind: "unknown", reason: deadline.aborted ? "timeout" : "network" };
    }
  },
});

function understand(status: number, json: unknown): Sent {
  const refused = refusal().safeParse(json).data?.error;
  if (status >= 400 && status < 500 && refused) {
    const own = Object.hasOwn(codes, refused.code) ? codes[refused.code] : undefined;
    return { kind: "refused", code: refused.whatsappApiError?.code ?? own ?? 100 };
  }
  const sent = accepted().safeParse(json).data;
  if (status < 200 || status >= 300) return { kind: "unknown", reason: `http_${status}` };
  return sent ? { kind: "accepted", providerId: sent.wamid ?? sent.id } : { kind: "unknown", reason: "protocol" };
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
