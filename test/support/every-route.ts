// The app's own routes, for questions that are asked of all of them.
import { notesOf } from "../../src/http/describe.ts";
import type { Permission } from "../../src/http/authorize.ts";
import type { App } from "../../src/app.ts";

export type Route = { method: string; path: string };
export type GuardedRoute = Route & { permission: Permission; hasKey: boolean };

const nameOf = ({ method, path }: Route) => `${method} ${path}`;

/** Each with an id where its path has one. */
const filled = (path: string) => path.replace(/:\w+(\{[^}]*\})?/g, "00000000-0000-4000-8000-000000000000");

/** What is a route by its method; middleware answers all of them. */
const handlersOf = (app: App) =>
  Map.groupBy(
    app.routes.filter(({ method }) => method !== "ALL"),
    nameOf,
  );

/** Names of the routes that have no guard. */
export const unguarded = (app: App): string[] =>
  [...handlersOf(app)].filter(([, own]) => !own.some(({ handler }) => notesOf(handler).guard)).map(([name]) => name);

/** Routes with a guard; `hasKey` where they take an Idempotency-Key. */
export const guardedRoutes = (app: App): GuardedRoute[] =>
  [...handlersOf(app).values()].flatMap((own) => {
    const notes = own.map(({ handler }) => notesOf(handler));
    const guard = notes.find((note) => note.guard)?.guard;
    const [route] = own;
    if (!guard || !route) return [];
    const hasKey = notes.some(({ headers }) => headers?.["Idempotency-Key"] !== undefined);
    return [{ method: route.method, path: filled(route.path), permission: guard.permission, hasKey }];
  });

/** Handlers that stand before the guard of their route, other than its description. */
export const beforeTheGuard = (app: App): string[] =>
  [...handlersOf(app)].flatMap(([name, own]) => {
    const at = own.findIndex(({ handler }) => notesOf(handler).guard);
    return own.slice(0, Math.max(0, at)).flatMap(({ handler }) => (notesOf(handler).description ? [] : [name]));
  });
