import { mintSessionToken } from "../world/session-token.ts";
import type { Variables } from "../world/settings.ts";
import { READER_TENANT } from "./business.ts";

export type Headers = Record<string, string>;

/** One signed-in user after the other, all of the tenant that is read. */
export const mintReaders = (settings: Variables, count: number): Promise<Headers[]> =>
  Promise.all(
    Array.from({ length: count }, async (_, place) => {
      const user = { id: `reader-${place + 1}`, email: "ana@example.com" };
      const token = await mintSessionToken(
        { user, tenantId: READER_TENANT, role: "viewer" },
        { settings, now: Date.now() },
      );
      return { authorization: `Bearer ${token}` };
    }),
  );
