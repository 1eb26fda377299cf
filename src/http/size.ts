// How large a request may be, decided before anything of it is read: what is too long costs neither memory nor a look into
// the session. A body without Content-Length is counted as it comes.
import type { Context } from "hono";
import { bodyLimit } from "hono/body-limit";
import { createMiddleware } from "hono/factory";
import { AppError } from "../errors.ts";
import type { Hall } from "./hall.ts";

/** 500 objects or 5 000 lines of CSV fit in well. */
const LARGEST_BODY = 1024 * 1024;
/** What Meta may send in one piece, and would send again for days where it were refused. */
const LARGEST_NOTIFICATION = 3 * LARGEST_BODY;
const LONGEST_URL = 8 * 1024;
const LARGEST_HEADERS = 32 * 1024;

const bodyUpTo = (maxSize: number, most: string) =>
  bodyLimit({
    maxSize,
    onError: () => {
      const message = `El pedido es demasiado grande: el máximo es ${most}. Mandá menos por vez.`;
      throw new AppError("request.too_large", message);
    },
  });

const ofMost = bodyUpTo(LARGEST_BODY, "1 MiB");
const ofWebhooks = bodyUpTo(LARGEST_NOTIFICATION, "3 MiB");

export const smallBody = createMiddleware<Hall>((c: Context<Hall>, next) =>
  c.req.path.startsWith("/webhooks/") ? ofWebhooks(c, next) : ofMost(c, next),
);

/** For one person's form. */
export const tinyBody = bodyUpTo(32 * 1024, "32 KiB");

export const smallHead = createMiddleware<Hall>((c, next) => {
  if (c.req.url.length > LONGEST_URL) throw new AppError("request.uri_too_long", "La dirección es demasiado larga.");
  let size = 0;
  for (const [name, value] of c.req.raw.headers) size += name.length + value.length;
  if (size > LARGEST_HEADERS)
    throw new AppError("request.headers_too_large", "Los encabezados del pedido son demasiado grandes.");
  return next();
});
