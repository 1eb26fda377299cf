// The app's routes with what their handlers note of themselves (src/http/describe.ts).
import { globSync } from "node:fs";
import { basename, join } from "node:path";
import { HonoBase } from "hono/hono-base";
import { type Notes, notesOf } from "../../src/http/describe.ts";
import { root } from "../world/root.ts";

type Listed = { method: string; path: string; handler: object };

export type Route = { method: string; path: string; room: string; notes: Notes };

export const nameOf = ({ method, path }: Route) => `${method} ${path}`;

/** Every route in the app's order; what only passes requests on (`use`, and catch-alls) is none. */
export async function listRoutes(app: { routes: Listed[] }): Promise<Route[]> {
  const rooms = await roomsOfHandlers();
  const found = new Map<string, Route>();
  for (const { method, path, handler } of app.routes) {
    if (method === "ALL" && path.endsWith("*")) continue;
    const key = `${method} ${path}`;
    const route = found.get(key) ?? { method, path, room: rooms.get(handler) ?? "health", notes: {} };
    found.set(key, { ...route, notes: merge(route.notes, notesOf(handler)) });
  }
  return [...found.values()];
}

const merge = (one: Notes, two: Notes): Notes => ({
  ...one,
  ...two,
  headers: { ...one.headers, ...two.headers },
});

async function roomsOfHandlers(): Promise<Map<object, string>> {
  const rooms = new Map<object, string>();
  for (const path of globSync("src/features/*/*.routes.ts", { cwd: root }).sort()) {
    const room = basename(join(path, ".."));
    for (const router of Object.values((await import(join(root, path))) as object)) {
      if (router instanceof HonoBase) for (const { handler } of router.routes as Listed[]) rooms.set(handler, room);
    }
  }
  return rooms;
}
