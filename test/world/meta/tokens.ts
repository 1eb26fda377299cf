import { createHmac } from "node:crypto";
import type { Clock } from "./clock.ts";
import { hashText, opaqueName } from "./hash.ts";
import type { MetaState, Token, TokenKind } from "./state.ts";

export const LONG_LIFE_SECONDS = 5_183_944;
export const SHORT_LIFE_SECONDS = 5_400;
const DATA_ACCESS_SECONDS = 90 * 86_400;

export interface IssueOptions {
  personId?: string;
  scopes?: string[];
  kind?: TokenKind;
  /** From now; 0 means the token never expires. */
  expiresInSeconds?: number;
  dataAccessExpiresAt?: number;
  accountIds?: string[];
  wabaIds?: string[];
  pageId?: string;
  appId?: string;
}

const DEFAULT_SCOPES = ["ads_read", "ads_management", "business_management", "pages_show_list", "public_profile"];

const sign = (payload: string): string =>
  createHmac("sha256", "simulated-meta").update(payload).digest("base64url").slice(0, 12);

/**
 * A token says itself whom it is for, so that the one stored in a development database outlives a restart of the
 * simulator. Only death before its time is forgotten then.
 */
const writeToken = (facts: Omit<Token, "value">): string => {
  const payload = Buffer.from(JSON.stringify(facts)).toString("base64url");
  return `EAAG${payload}${sign(payload)}`;
};

const readToken = (value: string): Token | undefined => {
  if (!value.startsWith("EAAG")) return undefined;
  const payload = value.slice(4, -12);
  if (sign(payload) !== value.slice(-12)) return undefined;
  const facts = JSON.parse(Buffer.from(payload, "base64url").toString()) as Omit<Token, "value">;
  return { ...facts, value };
};

export const createTokens = (state: MetaState, clock: Clock, seed: number) => {
  const issue = (options: IssueOptions = {}): Token => {
    state.serial += 1;
    const { kind = "USER", expiresInSeconds = kind === "USER" ? LONG_LIFE_SECONDS : 0 } = options;
    const issuedAt = clock.seconds();
    const accountIds = options.accountIds ?? state.grantedAccountIds;
    const wabaIds = options.wabaIds ?? state.grantedWabaIds;
    const facts = {
      serial: state.serial,
      appId: options.appId ?? state.appId,
      kind,
      personId: options.personId ?? state.personId,
      scopes: options.scopes ?? DEFAULT_SCOPES,
      issuedAt,
      expiresAt: expiresInSeconds === 0 ? 0 : issuedAt + expiresInSeconds,
      dataAccessExpiresAt: options.dataAccessExpiresAt ?? (kind === "USER" ? issuedAt + DATA_ACCESS_SECONDS : 0),
      isLongLived: expiresInSeconds === 0 || expiresInSeconds > 86_400,
      ...(accountIds && { accountIds }),
      ...(wabaIds && { wabaIds }),
      ...(options.pageId && { pageId: options.pageId }),
    };
    const token = { ...facts, value: writeToken(facts) };
    state.tokens.set(token.value, token);
    return token;
  };

  const find = (value: string): Token | undefined => {
    const known = state.tokens.get(value);
    if (known) return known;
    const read = readToken(value);
    if (read) {
      state.tokens.set(value, read);
      state.serial = Math.max(state.serial, read.serial);
    }
    return read;
  };

  /** The 190 subcode of a dead token. */
  const deathOf = (token: Token): number | undefined => {
    if (token.invalidSubcode !== undefined) return token.invalidSubcode;
    return token.expiresAt !== 0 && token.expiresAt <= clock.seconds() ? 463 : undefined;
  };

  /** Kills every token of the person for this app: 458 app removed, 460 password changed… */
  const invalidate = (personId: string, subcode: number): void => {
    for (const token of state.tokens.values()) {
      if (token.personId === personId && token.appId === state.appId) token.invalidSubcode = subcode;
    }
  };

  /** Scopes that still hold: a permission removed afterwards is gone from old tokens too. */
  const scopesOf = (token: Token): string[] => {
    const grants = state.grants.get(token.personId);
    return token.kind === "SYSTEM_USER" || !grants
      ? token.scopes
      : token.scopes.filter((scope) => grants.get(scope) !== "declined");
  };

  const newCode = (): string => {
    state.serial += 1;
    return `AQD${opaqueName(hashText("code") ^ seed, state.serial, 320)}`;
  };

  const appToken = () => `${state.appId}|${opaqueName(hashText(state.appSecret), 1, 27)}`;
  const isAppToken = (value: string) => value === `${state.appId}|${state.appSecret}` || value === appToken();

  return { issue, find, deathOf, invalidate, scopesOf, newCode, appToken, isAppToken };
};

export type Tokens = ReturnType<typeof createTokens>;
