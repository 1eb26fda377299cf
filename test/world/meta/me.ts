import { type Context, Hono } from "hono";
import { authenticate } from "./caller.ts";
import type { SimContext, SimEnv } from "./context.ts";
import { missingObject } from "./envelope.ts";
import { parseFields, project } from "./projection.ts";

const USER = { name: "User", fields: new Set(["name", "first_name", "email", "client_business_id"]) };

/** Who the token stands for and what it may do; taking permissions back (§B.7). */
export const meRoutes = (sim: SimContext) => {
  const { state, tokens } = sim;

  /** Removing the app kills every token of the person, whichever tenant holds it. */
  const revoke = (c: Context<SimEnv>) => {
    const { person, scopes } = authenticate(c, sim);
    const user = c.req.param("user");
    if (user !== undefined && user !== person.id) throw missingObject(user, "delete");
    const permission = c.req.param("permission");
    if (permission === undefined) {
      tokens.invalidate(person.id, 458);
      state.grants.delete(person.id);
      return c.json({ success: true });
    }
    const grants = state.grants.get(person.id) ?? new Map([...scopes].map((scope) => [scope, "granted" as const]));
    state.grants.set(person.id, new Map(grants).set(permission, "declined"));
    return c.json({ success: true });
  };

  return new Hono<SimEnv>()
    .get("/me", (c) => {
      const { person, token } = authenticate(c, sim);
      const node = {
        id: person.id,
        name: person.name,
        first_name: person.name.split(" ")[0],
        client_business_id: token.kind === "SYSTEM_USER" ? person.portfolioIds[0] : undefined,
      };
      return c.json(project(node, parseFields(c.get("params")["fields"] ?? "name"), USER));
    })
    .get("/me/permissions", (c) => {
      const { person, scopes } = authenticate(c, sim);
      const declined = [...(state.grants.get(person.id) ?? [])].filter(([, status]) => status === "declined");
      return c.json({
        data: [
          ...[...scopes].map((permission) => ({ permission, status: "granted" })),
          ...declined.map(([permission, status]) => ({ permission, status })),
        ],
      });
    })
    .delete("/me/permissions", revoke)
    .delete("/me/permissions/:permission", revoke)
    .delete("/:user{[0-9]+}/permissions", revoke)
    .delete("/:user{[0-9]+}/permissions/:permission", revoke);
};
