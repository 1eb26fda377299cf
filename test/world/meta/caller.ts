import { createHmac } from "node:crypto";
import type { SimContext, SimRequest } from "./context.ts";
import type { AdAccount, Person } from "./entities.ts";
import { deadToken, forbidden, GraphError, invalidParameter } from "./envelope.ts";
import { findAccount, type MetaState, type Token } from "./state.ts";

/** Who calls: a person (or the business's system user) through a living token. */
export interface Caller {
  token: Token;
  person: Person;
  scopes: Set<string>;
  /** Accounts the person sees and the token is not kept from. */
  accountIds: Set<string>;
}

const bearerOf = (c: SimRequest): string | undefined => {
  const header = c.req.header("authorization");
  const [scheme, value] = header?.split(" ") ?? [];
  return scheme?.toLowerCase() === "bearer" && value ? value : undefined;
};

export const tokenValueOf = (c: SimRequest): string | undefined => bearerOf(c) ?? c.get("params")["access_token"];

const hmac = (secret: string, message: string): string => createHmac("sha256", secret).update(message).digest("hex");

/** §B.8: checked whenever it is sent, and demanded when the app says so. */
const checkProof = (c: SimRequest, state: MetaState, value: string, nowSeconds: number): void => {
  const { appsecret_proof: proof, appsecret_time: time } = c.get("params");
  if (proof === undefined) {
    if (!state.requireAppSecretProof) return;
    throw new GraphError({ code: 100, message: "API calls from the server require an appsecret_proof argument" });
  }
  const message = time === undefined ? value : `${value}|${time}`;
  const isFresh = time === undefined || Math.abs(nowSeconds - Number(time)) <= 300;
  if (proof !== hmac(state.appSecret, message) || !isFresh) {
    throw new GraphError({ code: 100, message: "Invalid appsecret_proof provided in the API argument" });
  }
};

export const authenticate = (c: SimRequest, { state, tokens, clock }: SimContext): Caller => {
  const value = tokenValueOf(c);
  if (value === undefined) {
    const isAboutMe = c.req.path === "/me" || c.req.path.startsWith("/me/");
    throw isAboutMe
      ? new GraphError({
          code: 2500,
          message: "An active access token must be used to query information about the current user.",
        })
      : new GraphError({ code: 104, message: "An access token is required to request this resource." });
  }
  const token = tokens.find(value);
  // Meta repeats the token in this message.
  if (!token) throw new GraphError({ code: 190, message: `Malformed access token ${value}` });
  const death = tokens.deathOf(token);
  if (death !== undefined) throw deadToken(death);
  if (token.appId !== state.appId) throw invalidParameter("The access token belongs to another application");
  checkProof(c, state, value, clock.seconds());
  const person = state.business.people.find(({ id }) => id === token.personId);
  if (!person) throw deadToken(460);
  const visible = person.accountIds.filter((id) => token.accountIds?.includes(id) ?? true);
  return { token, person, scopes: new Set(tokens.scopesOf(token)), accountIds: new Set(visible) };
};

export const requireScope = ({ scopes }: Caller, ...anyOf: string[]): void => {
  if (!anyOf.some((scope) => scopes.has(scope))) {
    throw new GraphError({ code: 100, message: "(#100) Missing permissions" });
  }
};

const canReadAds = ({ scopes }: Caller): boolean => scopes.has("ads_read") || scopes.has("ads_management");

export const requireAdsAccess = (caller: Caller, account: AdAccount): void => {
  if (!canReadAds(caller) || !caller.accountIds.has(account.id)) {
    throw forbidden("Ad account owner has NOT grant ads_management or ads_read permission");
  }
};

/** The account behind `act_<id>`, when the caller may read it. */
export const openAccount = (caller: Caller, state: MetaState, actId: string): AdAccount => {
  const account = findAccount(state, actId.slice("act_".length));
  if (!account) {
    throw new GraphError({
      code: 100,
      subcode: 33,
      type: "GraphMethodException",
      message: `Unsupported get request. Object with ID '${actId}' does not exist, cannot be loaded due to missing permissions, or does not support this operation.`,
    });
  }
  requireAdsAccess(caller, account);
  return account;
};
