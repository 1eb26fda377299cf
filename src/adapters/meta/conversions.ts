import * as z from "zod";
import type { Graph } from "./graph.ts";
import { metaId, requireId, text } from "./shapes.ts";

const received = z
  .object({ events_received: z.int().nonnegative(), fbtrace_id: text })
  .transform(({ events_received, fbtrace_id }) => ({ eventsReceived: events_received, fbtraceId: fbtrace_id }));

const dataset = z.object({ id: metaId });

export type EventsInput = { events: readonly object[]; testEventCode?: string | null | undefined };

/**
 * Up to 1 000 events for a dataset: all are taken or none (§J). The same events may be sent again within 48 hours: Meta knows
 * them by name and id.
 */
export const sendEvents = (graph: Graph, token: string, datasetId: string, { events, testEventCode }: EventsInput) =>
  graph.call({
    method: "POST",
    path: `${requireId(datasetId)}/events`,
    params: { data: events, test_event_code: testEventCode ?? undefined },
    auth: { token },
    schema: received,
  });

/** The dataset of a WhatsApp account, made where there is none. Again changes nothing. */
export const makeDataset = async (graph: Graph, token: string, wabaId: string): Promise<string> => {
  const path = `${requireId(wabaId)}/dataset`;
  return (await graph.call({ method: "POST", path, auth: { token }, schema: dataset })).id;
};
