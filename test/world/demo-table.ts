// The campaigns as a table in a terminal. Money always names its currency; a return that is not defined is a dash.

export type CampaignRow = {
  id: string;
  name: string;
  currency: string | null;
  spend: number;
  leads: number;
  opportunities: number;
  revenue: number;
  roi: number;
  roi_defined: boolean;
};

export type Stats = {
  currency: string | null;
  leads: number;
  opportunities: number;
  marketing_spend: number;
  sales_revenue: number;
  roi_percentage: number;
  roi: { roi_defined: boolean };
  by_currency: { currency: string; spend: number; revenue: number }[];
  outside: Record<"organic" | "unattributed", { leads: number; revenue: number }>;
};

const DASH = "—";
const withoutCents = new Set(["CLP", "JPY", "PYG"]);

const money = (amount: number, currency: string | null): string => {
  const digits = withoutCents.has(currency ?? "") ? 0 : 2;
  const text = amount.toLocaleString("en-US", { minimumFractionDigits: digits, maximumFractionDigits: digits });
  return currency === null ? text : `${text} ${currency}`;
};

const percent = (value: number | null): string => (value === null ? DASH : `${value.toFixed(2)} %`);

const roiOf = (spend: number, revenue: number): number | null => (spend > 0 ? ((revenue - spend) / spend) * 100 : null);

const header = ["Campaign", "Spend", "Leads", "Opps", "Revenue", "ROI"];

const rowOf = (row: CampaignRow): string[] => [
  row.name,
  money(row.spend, row.currency),
  String(row.leads),
  String(row.opportunities),
  money(row.revenue, row.currency),
  percent(row.roi_defined ? row.roi : null),
];

const totalOf = ({ currency, spend, revenue }: Stats["by_currency"][number]): string[] => [
  `All in ${currency}`,
  money(spend, currency),
  "",
  "",
  money(revenue, currency),
  percent(roiOf(spend, revenue)),
];

/** Campaigns, then one total for each currency: unlike money is never added. */
export const campaignTable = (campaigns: readonly CampaignRow[], stats: Stats): string[] => {
  const everything = ["All campaigns", "", String(stats.leads), String(stats.opportunities), "", ""];
  const rows = [...campaigns.map(rowOf), ...stats.by_currency.map(totalOf), everything];
  const widths = header.map((title, column) =>
    Math.max(...[title, ...rows.map((row) => row[column] ?? "")].map((cell) => cell.length)),
  );
  const line = (cells: readonly string[]) =>
    cells
      .map((cell, column) => (column === 0 ? cell.padEnd(widths[0] ?? 0) : cell.padStart(widths[column] ?? 0)))
      .join("  ");
  const rule = widths.map((width) => "─".repeat(width)).join("──");
  const lines = rows.map(line);
  return [line(header), rule, ...lines.slice(0, campaigns.length), rule, ...lines.slice(campaigns.length)];
};

/** What the headline says: one currency, what others hold is left out of it. */
export const headline = (stats: Stats): string =>
  `Headline in ${stats.currency ?? "no currency"}: spend ${money(stats.marketing_spend, stats.currency)}, revenue ` +
  `${money(stats.sales_revenue, stats.currency)}, ROI ${percent(stats.roi.roi_defined ? stats.roi_percentage : null)}. ` +
  `By no campaign: ${stats.outside.organic.leads} organic leads, ${stats.outside.unattributed.leads} from an unknown ad.`;
