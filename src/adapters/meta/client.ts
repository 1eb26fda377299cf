import { getAdAccount, listAdAccounts, listPortfolios } from "./accounts.ts";
import { listAds, listAdSets, listCampaigns, type ListingInput } from "./ads.ts";
import * as assets from "./assets.ts";
import { type EventsInput, makeDataset, sendEvents } from "./conversions.ts";
import { createGraph, type GraphOptions } from "./graph.ts";
import { fetchInsights, type InsightsInput, type InsightsWindow } from "./insights.ts";
import { getLead, listForms, listLeads } from "./leads.ts";
import { sendTemplate } from "./messages.ts";
import {
  debugToken,
  type DialogInput,
  dialogUrl,
  exchangeCode,
  exchangeLongLived,
  getMe,
  listPermissions,
  revoke,
} from "./oauth.ts";
import { getReport, readReport, reportFailure, startReport } from "./reports.ts";
import { readSignedRequest } from "./signed-request.ts";
import { createTemplate, deleteTemplate, editTemplate, listTemplates } from "./templates.ts";
import { versionHealth } from "./versions.ts";
import { refuseSignature } from "./webhook-signature.ts";

export type MetaClientOptions = GraphOptions & {
  dialogBaseUrl: string;
  /** What was signed with one of these holds too. */
  formerAppSecrets?: readonly string[];
};

export type MetaClient = ReturnType<typeof createMetaClient>;

/** Everything we ask of Meta. Every verb throws only AppError, and holds no token between calls. */
export const createMetaClient = (options: MetaClientOptions) => {
  const { appSecret, formerAppSecrets = [], now } = options;
  const appSecrets = [appSecret, ...formerAppSecrets];
  const graph = createGraph(options);
  return {
    dialogUrl: (input: DialogInput) => dialogUrl(options, input),
    exchangeCode: (input: Parameters<typeof exchangeCode>[1]) => exchangeCode(graph, input),
    exchangeLongLived: (token: string, options?: Parameters<typeof exchangeLongLived>[2]) =>
      exchangeLongLived(graph, token, options),
    debugToken: (token: string) => debugToken(graph, token),
    listPermissions: (token: string) => listPermissions(graph, token),
    revoke: (token: string) => revoke(graph, token),
    getMe: (token: string) => getMe(graph, token),

    listPortfolios: (token: string) => listPortfolios(graph, token),
    listAdAccounts: (token: string, input?: { portfolioId?: string | undefined }) =>
      listAdAccounts(graph, token, input),
    getAdAccount: (token: string, accountId: string) => getAdAccount(graph, token, accountId),

    listPages: (token: string) => assets.listPages(graph, token),
    listWabas: (token: string, input: { targetIds: readonly string[] | "all" }) =>
      assets.listWabas(graph, token, input),
    listPhoneNumbers: (token: string, wabaId: string) => assets.listPhoneNumbers(graph, token, wabaId),
    /** With a page's own token, or for a WhatsApp account the tenant's. */
    listSubscribedFields: (token: string, assetId: string) =>
      assets.listSubscribedFields(graph, token, { assetId, appId: options.appId }),
    subscribe: (token: string, input: { assetId: string; fields?: string }) => assets.subscribe(graph, token, input),
    unsubscribe: (token: string, assetId: string) => assets.unsubscribe(graph, token, assetId),

    getLead: (pageToken: string, leadgenId: string) => getLead(graph, pageToken, leadgenId),
    listForms: (pageToken: string, pageId: string) => listForms(graph, pageToken, pageId),
    listLeads: (pageToken: string, formId: string, window: Parameters<typeof listLeads>[3]) =>
      listLeads(graph, pageToken, formId, window),

    listCampaigns: (token: string, accountId: string, input: ListingInput) =>
      listCampaigns(graph, token, accountId, input),
    listAdSets: (token: string, accountId: string, input: ListingInput) => listAdSets(graph, token, accountId, input),
    listAds: (token: string, accountId: string, input?: { updatedSince?: Date | undefined }) =>
      listAds(graph, token, accountId, input),

    fetchInsights: (token: string, input: InsightsInput) => fetchInsights(graph, token, input),
    startReport: (token: string, input: Omit<InsightsInput, "limit">) => startReport(graph, token, input),
    getReport: (token: string, runId: string, input: Parameters<typeof getReport>[3]) =>
      getReport(graph, token, runId, input),
    readReport: (token: string, runId: string, input: InsightsWindow & { limit: number }) =>
      readReport(graph, token, runId, input),
    reportFailure,

    readSignedRequest: (text: string) => readSignedRequest({ appSecrets, now }, text),
    refuseSignature: (header: string | undefined, body: ArrayBuffer) => refuseSignature(appSecrets, header, body),
    sendTemplate: (token: string, message: Parameters<typeof sendTemplate>[2]) => sendTemplate(graph, token, message),

    sendEvents: (token: string, datasetId: string, input: EventsInput) => sendEvents(graph, token, datasetId, input),
    makeDataset: (token: string, wabaId: string) => makeDataset(graph, token, wabaId),
    listTemplates: (token: string, wabaId: string) => listTemplates(graph, token, wabaId),
    createTemplate: (token: string, wabaId: string, input: Parameters<typeof createTemplate>[3]) =>
      createTemplate(graph, token, wabaId, input),
    editTemplate: (token: string, templateId: string, input: Parameters<typeof editTemplate>[3]) =>
      editTemplate(graph, token, templateId, input),
    deleteTemplate: (token: string, wabaId: string, input: Parameters<typeof deleteTemplate>[3]) =>
      deleteTemplate(graph, token, wabaId, input),

    versionHealth: () => versionHealth(options.version, options.now()),
  };
};
