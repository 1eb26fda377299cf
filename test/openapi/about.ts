// What the document says of the whole; the routes say the rest.
import manifest from "../../package.json" with { type: "json" };

export const about = {
  info: {
    title: "Marketing Hub",
    version: manifest.version,
    license: { name: "MIT", identifier: "MIT" },
    description: [
      manifest.description,
      "",
      "Sign in with `Authorization: Bearer …` or with the cookie `access_token`; a change with the cookie needs an `Origin` that is allowed.",
      "Limits are per user, route and minute: `RateLimit` says what is left, 429 comes with `Retry-After`.",
      "Money is in major units; unknown is `null`, not zero; days end where the tenant lives, unless they are Meta's.",
      "Every answer carries `X-Request-Id`.",
    ].join("\n"),
  },
  servers: [{ url: "/" }],
};

export const securitySchemes = {
  bearer: { type: "http", scheme: "bearer", bearerFormat: "JWT" },
  cookie: { type: "apiKey", in: "cookie", name: "access_token", description: "The HttpOnly cookie of CRM Ventas." },
};

export const tenantHeader = {
  name: "X-Tenant-ID",
  in: "header",
  description: "Chooses among the tenants of the user; `default`, or nothing, is their default one.",
  schema: { type: "string" },
  example: "default",
};

export const roomTitles: Record<string, string> = {
  health: "Whether the worker lives, and is ready",
  connection: "The tenant's connection with Meta",
  withdrawals: "What a person takes back at Meta: the app, or their data",
  audit: "Who did what, and how it ended",
  settings: "What a tenant sets for itself",
  currencies: "Exchange rates",
  attribution: "Touches, and the transactions behind a number",
  leads: "Leads, as the CRM sends them",
  sales: "Opportunities, sales and refunds, as the CRM sends them",
  templates: "Message templates",
  messages: "Messages over WhatsApp, and who wants none",
  accounts: "Portfolios and ad accounts at Meta",
  assets: "Pages, WhatsApp accounts and numbers: whose they are, and whether Meta tells us what happens there",
  "lead-ads": "Instant forms, and where their answers go",
  sync: "Reading from Meta",
  campaigns: "Campaigns, what they cost and what they brought",
  analytics: "The figures of the hub",
  automation: "Rules that send messages, and what they sent",
  conversions: "What Meta is told of leads and sales, and what leads allowed",
  notifications: "Who is told of what happens, by signed webhooks",
  webhooks: "What Meta tells of by itself",
  hub: "What belongs to other services",
};
