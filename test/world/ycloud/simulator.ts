// YCloud in a box: the one call that we make of it (docs.ycloud.com, "Send WhatsApp message"), with its own refusals and those
// that it passes on from WhatsApp.
import type { AddressInfo } from "node:net";
import { createAdaptorServer } from "@hono/node-server";
import { Hono } from "hono";

export type YCloudSent = {
  id: string;
  from: string;
  to: string;
  externalId: string | undefined;
  body: Record<string, unknown>;
};

/** What becomes of the next calls to a recipient; a status alone is an answer that is no JSON. */
export type YCloudScript = {
  code?: string;
  whatsappCode?: number;
  status?: number;
  html?: boolean;
  truncated?: boolean;
};

export const createYCloudSimulator = ({ apiKey }: { apiKey: string }) => {
  const sent: YCloudSent[] = [];
  const scripts = new Map<string, YCloudScript>();
  const app = new Hono().post("/v2/whatsapp/messages", async (c) => {
    const refuse = (status: 400 | 401 | 403 | 429 | 500, code: string, more: object = {}) =>
      c.json({ error: { status, code, message: code, requestId: "req_1KjtKI80IKoaJNa6n6p", ...more } }, status);
    if (c.req.header("x-api-key") !== apiKey) return refuse(401, "UNAUTHORIZED");
    const body = await c.req.json<Record<string, unknown>>();
    const recipient = String(body["to"] ?? body["recipient"] ?? "");
    if (!/^\+\d{8,15}$/.test(String(body["from"])) || recipient === "" || body["type"] !== "template")
      return refuse(400, "PARAM_INVALID");
    const { code, whatsappCode, status = 400, html, truncated } = scripts.get(recipient) ?? {};
    if (html) return c.html("<h1>Bad gateway</h1>", status as 502);
    if (whatsappCode !== undefined)
      return refuse(status as 400, code ?? "BAD_REQUEST", {
        target: "whatsappApiError",
        whatsappApiError: { code: String(whatsappCode), type: "OAuthException", message: `(#${whatsappCode})` },
      });
    if (code !== undefined) return refuse(status as 400, code);
    const id = `63f5${String(sent.length + 1).padStart(20, "0")}`;
    const externalId = typeof body["externalId"] === "string" ? body["externalId"] : undefined;
    sent.push({ id, from: String(body["from"]), to: recipient, externalId, body });
    if (truncated) return c.body('{"id":"63f5', 200, { "content-type": "application/json" });
    return c.json({
      id,
      status: "accepted",
      from: body["from"],
      to: recipient,
      type: "template",
      externalId,
      wabaId: "1",
    });
  });
  return {
    app,
    sent,
    script: (recipient: string, script: YCloudScript): void => void scripts.set(recipient, script),
    timesSent: (reference: string): number => sent.filter(({ externalId }) => externalId === reference).length,
  };
};

export type YCloudSimulator = ReturnType<typeof createYCloudSimulator>;

export const serveYCloud = async (sim: YCloudSimulator): Promise<{ url: string; stop: () => Promise<void> }> => {
  const server = createAdaptorServer({ fetch: sim.app.fetch });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", () => resolve()));
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    stop: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        if ("closeAllConnections" in server) server.closeAllConnections();
      }),
  };
};
