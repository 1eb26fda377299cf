import type { SimContext } from "./context.ts";
import { signRequest } from "./signed-request.ts";

/** Where the app wants to be told, as entered in its dashboard, and how a request gets there. */
export interface Callbacks {
  deauthorizeUrl: string;
  deletionUrl: string;
  send: (url: string, init: RequestInit) => Promise<Response>;
}

/** A person leaves the app in Facebook's settings: their tokens die, and Meta tells the app (§K). */
export const createFarewell = ({ state, tokens, clock }: SimContext, callbacks: Callbacks | undefined) => {
  const tell = (url: string | undefined, personId: string): Promise<Response> | undefined =>
    url === undefined
      ? undefined
      : callbacks?.send(url, {
          method: "POST",
          headers: { "content-type": "application/x-www-form-urlencoded" },
          body: new URLSearchParams({
            signed_request: signRequest(state.appSecret, { userId: personId, issuedAt: clock.seconds() }),
          }).toString(),
        });

  const leave = (personId: string): void => {
    tokens.invalidate(personId, 458);
    state.grants.delete(personId);
  };

  return {
    /** "Remove": the app's answer, if it wants to be told. */
    removeApp: (personId = state.personId) => {
      leave(personId);
      return tell(callbacks?.deauthorizeUrl, personId);
    },
    /** "Remove", and then "Send request" to have the data deleted: the app's answer to that. */
    requestDeletion: (personId = state.personId) => {
      leave(personId);
      return tell(callbacks?.deletionUrl, personId);
    },
  };
};

export type Farewell = ReturnType<typeof createFarewell>;
