import * as z from "zod";
import { once } from "../../lib/once.ts";

const instant = z.iso.datetime().nullable();
const iso = (date: Date | null) => date?.toISOString() ?? null;

type ConnectionTest = {
  connected: boolean;
  valid: boolean;
  expired: boolean;
  userId: string | null;
  userName: string | null;
  adAccountsCount: number;
  expiresAt: Date | null;
  message: string;
  checks: { name: string; status: "ok" | "warn" | "fail"; hint: string | null }[];
};

export const connectionTest = once(() =>
  z
    .transform(({ userId, userName, adAccountsCount, expiresAt, ...rest }: ConnectionTest) => ({
      ...rest,
      user_id: userId,
      user_name: userName,
      ad_accounts_count: adAccountsCount,
      expires_at: iso(expiresAt),
    }))
    .pipe(
      z.object({
        connected: z.boolean(),
        valid: z.boolean(),
        expired: z.boolean(),
        user_id: z.string().nullable(),
        user_name: z.string().nullable(),
        ad_accounts_count: z.number(),
        expires_at: instant,
        message: z.string(),
        checks: z.array(
          z.object({ name: z.string(), status: z.enum(["ok", "warn", "fail"]), hint: z.string().nullable() }),
        ),
      }),
    ),
);
