// A system user's token, pasted: it belongs to a business, not to a person, and usually never expires. Nothing is stored
// before Meta has said whose it is and what it may do.
import type { Ctx } from "../../context.ts";
import { AppError, isAppError } from "../../errors.ts";
import { capabilitiesOf } from "./capabilities.ts";
import { storeToken } from "./connection.service.ts";
import { granted } from "./token-outcome.ts";

type Refusal = "dead" | "wrong_app" | "wrong_type" | "missing_scope";

const words: Record<Refusal, string> = {
  dead: "Meta dice que ese token no sirve o ya venció.",
  wrong_app: "Ese token es de otra aplicación de Meta: generalo para la nuestra.",
  wrong_type: "Ese token no es de un usuario del sistema.",
  missing_scope: "Al token le faltan permisos: generalo de nuevo con ads_read y business_management.",
};

/** Puts the token in the place of the tenant's connection. Throws connection.token_refused when Meta's word is against it. */
export async function acceptSystemUserToken(ctx: Ctx, { token }: { token: string }): Promise<void> {
  const inspected = await inspect(ctx, token);
  if (!inspected.isValid) throw refused("dead");
  if (inspected.appId !== ctx.settings.metaAppId) throw refused("wrong_app");
  if (inspected.type !== "SYSTEM_USER") throw refused("wrong_type");
  if (!capabilitiesOf(inspected.scopes).can("insights")) throw refused("missing_scope");
  const me = await ctx.meta.getMe(token);
  await storeToken(ctx, token, {
    tokenType: "system_user",
    metaUserId: inspected.userId,
    metaUserName: me.name,
    declinedScopes: [],
    ...granted(inspected),
  });
}

async function inspect(ctx: Ctx, token: string) {
  try {
    return await ctx.meta.debugToken(token);
  } catch (thrown) {
    // Meta does not show one app the tokens of another (§B.6).
    if (isAppError(thrown, "meta.bad_request") && thrown.details["metaCode"] === 100) throw refused("wrong_app");
    throw thrown;
  }
}

const refused = (reason: Refusal) => new AppError("connection.token_refused", words[reason], { details: { reason } });
