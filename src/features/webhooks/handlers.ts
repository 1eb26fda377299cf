// Who takes which events: `(ctx, change) => Promise<void>`, the same again changing nothing, whatever the order.
import type { Ctx } from "../../context.ts";
import { receiveLeadgen } from "../lead-ads/receive.ts";
import { receiveMessage, receiveNumberEvent, receivePreference, receiveStatus } from "../messages/receive.ts";
import { receiveTemplateEvent } from "../templates/receive.ts";
import { noteAccountEvent } from "./account-events.ts";
import type { Topic, WebhookChange } from "./split.ts";

export const handlers: Record<Topic, (ctx: Ctx, change: WebhookChange) => Promise<void>> = {
  account: noteAccountEvent,
  leadgen: receiveLeadgen,
  message: receiveMessage,
  status: receiveStatus,
  preference: receivePreference,
  number: receiveNumberEvent,
  template: receiveTemplateEvent,
};
