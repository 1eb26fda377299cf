import type { Ctx, Needs } from "../../context.ts";
import { AppError, fieldError } from "../../errors.ts";
import { differenceOf } from "../../lib/difference.ts";
import { encodeCursor } from "../../lib/page.ts";
import { listDeliveries, replayDelivery } from "./deliveries.queries.ts";
import { makeSecret } from "./endpoint-secret.ts";
import * as queries from "./endpoints.queries.ts";
import {
  deliveriesCursor,
  type DeliveriesQuery,
  type EndpointChange,
  type EndpointInput,
  isId,
  MOST_ENDPOINTS,
  ROTATION_HOURS,
} from "./notifications.contract.ts";
import { isLocal } from "./notifications.jobs.ts";
import { judgeUrl } from "./url-guard.ts";

const HOUR_MS = 3_600_000;

export const listEndpoints = async (ctx: Needs<"db">) => (await queries.listEndpoints(ctx)).map(describeEndpoint);

/** Throws request.invalid for an address that is not public, request.conflict when there are too many. */
export async function addEndpoint(ctx: Ctx, { url, description, events }: EndpointInput) {
  requirePublic(ctx, url);
  if ((await queries.countEndpoints(ctx)) >= MOST_ENDPOINTS)
    throw new AppError("request.conflict", `Ya hay ${MOST_ENDPOINTS} avisos: borrá uno.`);
  const id = ctx.uuid();
  const { secret, secretSealed } = await makeSecret(ctx, id);
  const made = await queries.insertEndpoint(ctx, { id, url, description, events: [...events], secretSealed });
  return { ...describeEndpoint(found(made)), secret };
}

/** Throws endpoint.not_found, request.invalid. Switched on again, it is as if nothing had failed. */
export async function changeEndpoint(ctx: Ctx, id: string, change: EndpointChange) {
  const before = found(isId(id) ? await queries.findEndpoint(ctx, id) : undefined);
  const { is_active: isActive, rotate_secret: rotates, ...fields } = change;
  if (fields.url !== undefined) requirePublic(ctx, fields.url);
  const made = rotates ? await makeSecret(ctx, id) : undefined;
  const told = said({ ...fields, isActive });
  const columns = {
    ...told,
    ...(isActive !== undefined && { disabledReason: null, failingSince: null }),
    ...(made && {
      secretSealed: made.secretSealed,
      formerSecretSealed: before.secretSealed,
      formerUntil: new Date(ctx.now() + ROTATION_HOURS * HOUR_MS),
    }),
  };
  const diff = { ...differenceOf(before, told, ["url", "description"]), ...(made && { secret: "changed" }) };
  const after = found(await queries.updateEndpoint(ctx, id, columns, diff));
  return { ...describeEndpoint(after), secret: made?.secret ?? null };
}

/** Throws endpoint.not_found. */
export async function removeEndpoint(ctx: Needs<"db" | "now" | "audit">, id: string): Promise<void> {
  if (!isId(id) || !(await queries.deleteEndpoint(ctx, id))) throw notFound();
}

export async function getDeliveryPage(ctx: Needs<"db">, query: DeliveriesQuery) {
  const { rows, total } = await listDeliveries(ctx, query);
  const deliveries = rows.slice(0, query.limit);
  const last = rows.length > query.limit ? deliveries.at(-1) : undefined;
  return { deliveries, total, nextCursor: last ? encodeCursor(deliveriesCursor.list, [last.exactly, last.id]) : null };
}

/** Throws endpoint.not_found for a delivery that there is not. */
export async function replay(ctx: Needs<"db" | "now" | "audit">, id: string) {
  const delivery = isId(id) ? await replayDelivery(ctx, id) : undefined;
  if (!delivery) throw new AppError("endpoint.not_found", "No encontramos ese envío.");
  return delivery;
}

function requirePublic({ settings }: Needs<"settings">, url: string): void {
  const judged = judgeUrl(url, { allowsLocal: isLocal(settings.environment) });
  if ("problem" in judged) throw fieldError("url", judged.problem);
}

type Said<T> = { [K in keyof T]?: Exclude<T[K], undefined> };
const said = <T extends object>(fields: T): Said<T> =>
  Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined)) as Said<T>;

const notFound = () => new AppError("endpoint.not_found", "No encontramos ese aviso.");

function found(endpoint: queries.Endpoint | undefined): queries.Endpoint {
  if (!endpoint) throw notFound();
  return endpoint;
}

const describeEndpoint = (row: queries.Endpoint) => ({
  id: row.id,
  url: row.url,
  description: row.description,
  events: row.events,
  is_active: row.isActive,
  disabled_reason: row.disabledReason,
  failing_since: row.failingSince?.toISOString() ?? null,
  created_at: row.createdAt.toISOString(),
  updated_at: row.updatedAt.toISOString(),
});
