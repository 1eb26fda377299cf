import * as z from "zod";
import { onPaper } from "../../lib/on-paper.ts";
import { once } from "../../lib/once.ts";
import { address } from "./sent-fields.ts";

export const mergeBody = once(() =>
  z.strictObject({ into: address.describe(onPaper("The lead that stays: our uuid, or external:<external_id>.")) }),
);

export const mergeParam = once(() => z.object({ id: z.uuid().describe(onPaper("The merge's id.")) }));

export const merge = once(() =>
  z.object({
    id: z.uuid(),
    lead_id: z.uuid().describe(onPaper("The lead that is no more; what is sent for it goes to the other one.")),
    into_id: z.uuid(),
    moved: z
      .object({ identities: z.number(), touchpoints: z.number(), opportunities: z.number(), sales: z.number() })
      .describe(onPaper("Sales of an opportunity go with it and are not counted here.")),
    merged_at: z.string(),
    undone_at: z.string().nullable(),
  }),
);
