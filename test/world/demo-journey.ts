// The whole journey over HTTP, as a person and their browser make it.
import { createApi, type Call, type Wait } from "./api-client.ts";
import { type CampaignRow, campaignTable, headline, type Stats } from "./demo-table.ts";
import { describeRun, type Run, watchRuns } from "./watch-runs.ts";

export type DemoOptions = {
  /** Like fetch; must not follow redirects when told not to. */
  call: Call;
  wait: Wait;
  print: (line: string) => void;
  onProgress: (percent: number) => void;
  workerUrl: string;
  /** A session token of somebody who may manage marketing. */
  token: string;
};

export type DemoResult = { campaigns: CampaignRow[]; stats: Stats; runs: Run[]; table: string[] };

type Portfolio = { id: string; name: string; ad_accounts_count: number };
type Account = { id: string; name: string; currency: string; timezone: string };

const createJar = () => {
  const cookies = new Map<string, string>();
  return {
    set: (name: string, value: string) => cookies.set(name, value),
    header: () => [...cookies].map(([name, value]) => `${name}=${value}`).join("; "),
    keep: (response: Response) => {
      for (const line of response.headers.getSetCookie()) {
        const [pair = ""] = line.split(";");
        const cut = pair.indexOf("=");
        if (/max-age=0/i.test(line)) cookies.delete(pair.slice(0, cut));
        else cookies.set(pair.slice(0, cut), pair.slice(cut + 1));
      }
    },
  };
};

const redirectOf = async (response: Response, what: string): Promise<string> => {
  const location = response.headers.get("location");
  await response.body?.cancel();
  if (location === null) throw new Error(`${what} answered ${response.status} and no redirect.`);
  return location;
};

/** Login at Meta, in a browser that is signed in by cookie. */
const connect = async ({ call, workerUrl, token }: DemoOptions): Promise<void> => {
  const jar = createJar();
  jar.set("access_token", token);
  const answer = await call(`${workerUrl}/crm/auth/meta/url?state=tenant_default`, {
    headers: { cookie: jar.header() },
  });
  jar.keep(answer);
  const { data, detail } = (await answer.json()) as { data?: { auth_url: string }; detail?: string };
  if (!data) throw new Error(`GET /crm/auth/meta/url answered ${answer.status}: ${detail ?? "no reason given"}`);
  const consent = new URL(data.auth_url);
  consent.searchParams.set("sim_decision", "approve");
  const back = await redirectOf(
    await call(consent.href, { redirect: "manual" }),
    "Meta's consent page (simulated only)",
  );
  const callback = await call(back.replace(/#.*$/, ""), {
    redirect: "manual",
    headers: { cookie: jar.header(), accept: "text/html" },
  });
  const landing = new URL(await redirectOf(callback, "GET /crm/auth/meta/callback"));
  if (landing.searchParams.get("success") === "connected") return;
  const { error, reason } = Object.fromEntries(landing.searchParams);
  throw new Error(`The connection failed: ${error ?? "no code"} (${reason ?? "no reason"}).`);
};

/** Connects Meta, chooses every account, waits for the first sync and shows what each campaign earned in 90 days. */
export const runDemo = async (options: DemoOptions): Promise<DemoResult> => {
  const { print, wait, onProgress } = options;
  const api = createApi(options);

  print("1. Connecting Meta: address, consent, callback");
  await connect(options);

  const portfolios = await api.get<Portfolio[]>("/crm/marketing/meta-portfolios?refresh=true");
  print(`2. Portfolios: ${portfolios.map(({ name, ad_accounts_count: count }) => `${name} (${count})`).join(", ")}`);
  const accounts = await api.get<Account[]>("/crm/marketing/meta-accounts");
  print(`3. Ad accounts: ${accounts.map(({ name, currency }) => `${name} (${currency})`).join(", ")}`);
  if (accounts.length === 0) throw new Error("Meta shows no ad account to this person.");

  const ids: string[] = [];
  for (const { id, name } of accounts) {
    const chosen = await api.post<{ sync_run_id: string }>("/crm/marketing/connect", {
      account_id: id,
      account_name: name,
    });
    ids.push(chosen.sync_run_id);
  }
  print("4. All connected; their first sync reads everything Meta keeps (37 months)");
  const runs = await watchRuns(api, ids, { wait, onProgress });
  for (const run of runs) print(`   ${describeRun(run)}`);
  const failed = runs.filter(({ status }) => status !== "succeeded" && status !== "partial");
  if (failed.length > 0) throw new Error(`The sync failed: ${failed.map(describeRun).join("; ")}`);

  const stats = await api.get<Stats>("/crm/marketing/stats?time_range=last_90d");
  const campaigns = await api.get<CampaignRow[]>("/crm/marketing/campaigns?time_range=last_90d&limit=200");
  const table = campaignTable(campaigns, stats);
  print("5. The last 90 days:");
  for (const line of ["", ...table, "", headline(stats)]) print(line);
  return { campaigns, stats, runs, table };
};
