import * as z from "zod";
import { AppError, isAppError } from "../../errors.ts";
import type { Graph } from "./graph.ts";
import { integer, metaId, requireId, text } from "./shapes.ts";

/** How many portfolios a listing of everything walks through, and how many at a time (workerd opens six connections). */
const [MAX_PORTFOLIOS, AT_ONCE] = [30, 3];

const portfolio = z
  .object({ id: metaId, name: text, verification_status: text })
  .transform(({ id, name, verification_status }) => ({
    id,
    name: name ?? id,
    verificationStatus: verification_status,
  }));

export type Portfolio = z.output<typeof portfolio>;

// Only what every token may read: one forbidden field (`business`, `owner`…) fails the whole request (§C.1).
const ACCOUNT_FIELDS = "account_id,name,currency,timezone_name,account_status";

const account = z
  .object({ account_id: metaId, name: text, currency: z.string(), timezone_name: z.string(), account_status: integer })
  .transform((found) => ({
    /** Digits, without `act_`. */
    accountId: found.account_id,
    name: found.name ?? found.account_id,
    currency: found.currency,
    timezoneName: found.timezone_name,
    /** 1 active, 2 disabled, 3 unsettled… (§C.2) */
    accountStatus: found.account_status,
  }));

export type AdAccount = z.output<typeof account> & {
  /** The portfolio it was found in; null when only the user's own list shows it. */
  portfolioId: string | null;
};

/** "act_111" and "111" are one account. Throws account.not_accessible for anything else. */
export const normaliseAccountId = (input: string): string => {
  const digits = /^(?:act_)?(\d{1,32})$/.exec(input.trim())?.[1];
  if (digits === undefined)
    throw new AppError("account.not_accessible", "Ese no es el número de una cuenta publicitaria.");
  return digits;
};

/** Portfolios ("businesses") of the token's user. Throws meta.permission without business_management. */
export const listPortfolios = (graph: Graph, token: string): Promise<Portfolio[]> => {
  const params = { fields: "id,name,verification_status", limit: 100 };
  return graph.list({ path: "me/businesses", params, auth: { token }, schema: portfolio });
};

const listEdge = async (
  graph: Graph,
  token: string,
  path: string,
  portfolioId: string | null,
): Promise<AdAccount[]> => {
  const params = { fields: ACCOUNT_FIELDS, limit: 100 };
  const rows = await graph.list({ path, params, auth: { token }, schema: account });
  return rows.map((row) => ({ ...row, portfolioId }));
};

const orEmpty = async <T>(listing: Promise<T[]>): Promise<T[]> => {
  try {
    return await listing;
  } catch (thrown) {
    if (isAppError(thrown, "meta.permission")) return [];
    throw thrown;
  }
};

const uniqueByAccount = (accounts: AdAccount[]): AdAccount[] => {
  const first = new Map<string, AdAccount>();
  for (const found of accounts) if (!first.has(found.accountId)) first.set(found.accountId, found);
  return [...first.values()];
};

/** Owned and client accounts; a portfolio often shows only one of the two edges to a token. */
const listOfPortfolio = async (graph: Graph, token: string, id: string): Promise<AdAccount[]> => {
  const edges = ["owned_ad_accounts", "client_ad_accounts"];
  const listings = await Promise.allSettled(
    edges.map((edge) => listEdge(graph, token, `${requireId(id)}/${edge}`, id)),
  );
  const failures = listings.filter((listing) => listing.status === "rejected").map(({ reason }) => reason as unknown);
  const fatal = failures.find((failure) => !isAppError(failure, "meta.permission"));
  if (fatal !== undefined || failures.length === edges.length) throw fatal ?? failures[0];
  return listings.flatMap((listing) => (listing.status === "fulfilled" ? listing.value : []));
};

/**
 * Ad accounts the token can see: of one portfolio, or of the user's own list and the first 30 portfolios. Each account
 * once. Without business_management the user's own list is all there is, and no error.
 */
export const listAdAccounts = async (
  graph: Graph,
  token: string,
  { portfolioId }: { portfolioId?: string | undefined } = {},
): Promise<AdAccount[]> => {
  if (portfolioId !== undefined) return uniqueByAccount(await listOfPortfolio(graph, token, portfolioId));
  const portfolios = (await orEmpty(listPortfolios(graph, token))).slice(0, MAX_PORTFOLIOS);
  const accounts: AdAccount[] = [];
  for (let start = 0; start < portfolios.length; start += AT_ONCE) {
    const group = portfolios.slice(start, start + AT_ONCE);
    const listings = await Promise.all(group.map(({ id }) => orEmpty(listOfPortfolio(graph, token, id))));
    accounts.push(...listings.flat());
  }
  return uniqueByAccount([...accounts, ...(await listEdge(graph, token, "me/adaccounts", null))]);
};

/** Throws meta.not_found or meta.permission when the token cannot see it. Takes `111` or `act_111`. */
export const getAdAccount = async (
  graph: Graph,
  token: string,
  accountId: string,
): Promise<z.output<typeof account>> => {
  const path = `act_${normaliseAccountId(accountId)}`;
  return graph.call({ path, params: { fields: ACCOUNT_FIELDS }, auth: { token }, schema: account });
};
