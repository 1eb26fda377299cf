import * as z from "zod";
import { onPaper } from "../../lib/on-paper.ts";
import { once } from "../../lib/once.ts";

/** The state of the connection as the integrations panel reads it: always whole, also without a connection. */
export const panelStatusOnTheWire = once(() =>
  z.object({
    connected: z.boolean(),
    token_valid: z.boolean(),
    token_expires_at: z.number().nullable().describe(onPaper("Epoch seconds; null where it is unknown or never.")),
    token_scopes: z.array(z.string()),
    // Pages and numbers are not bound to a tenant yet.
    channels: z.object({}),
    bindings: z.array(z.never()),
    assets: z.array(z.never()),
  }),
);

export const panelStatus = once(() =>
  z
    .object({
      status: z.string(),
      connected: z.boolean(),
      expiresAt: z.date().nullable(),
      scopes: z.array(z.string()),
    })
    .transform(({ status, connected, expiresAt, scopes }) => ({
      connected: status !== "disconnected",
      token_valid: connected,
      token_expires_at: expiresAt && Math.floor(expiresAt.getTime() / 1000),
      token_scopes: scopes,
      channels: {},
      bindings: [],
      assets: [],
    }))
    .pipe(panelStatusOnTheWire()),
);
