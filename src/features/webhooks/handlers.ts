// Who takes which events: `(ctx, change) => Promise<void>`, the same again changing nothing, whatever the order.
import type { Ctx } from "../../context.ts";
import { noteAccountEvent } from "./account-events.ts";
import type { Topic, WebhookChange } from "./split.ts";

export const handlers: Partial<Record<Topic, (ctx: Ctx, change: WebhookChange) => Promise<void>>> = {
  account: noteAccountEvent,
};
