// A person takes the app back at Meta, or asks us to delete what we hold of them. What comes is written down at once, and
// cron works it off tenant by tenant: a message that is lost, doubled or late changes nothing but time.
import type { Tools } from "../../context.ts";
import { AppError } from "../../errors.ts";
import { digest } from "../../lib/digest.ts";
import { findDeletion, insertWithdrawal, type Withdrawal } from "./withdrawals.queries.ts";

/** Takes a signed request and answers its confirmation code, the same one each time. Throws signature.invalid. */
export async function receiveWithdrawal(
  tools: Pick<Tools, "meta" | "dispatch" | "now" | "log">,
  requestId: string,
  { kind, signedRequest }: { kind: Withdrawal["kind"]; signedRequest: string },
): Promise<string> {
  const request = await tools.meta.readSignedRequest(signedRequest);
  if (!request.ok) {
    tools.log("withdrawal.refused", { requestId, kind, reason: request.reason });
    throw new AppError("signature.invalid", "La firma no es válida.");
  }
  const { metaUserId, issuedAt, receipt } = request;
  const codeHash = await hashOf(kind, receipt);
  await insertWithdrawal(tools, { codeHash, kind, metaUserId, issuedAt, receivedAt: new Date(tools.now()) });
  tools.log("withdrawal.received", { requestId, kind });
  return receipt;
}

/** How far a deletion is, for whoever has its code. */
export const findDeletionByCode = async (tools: Pick<Tools, "dispatch">, code: string) =>
  findDeletion(tools, await hashOf("deletion", code));

// Meta may send both kinds in the same second: they are two.
const hashOf = (kind: Withdrawal["kind"], receipt: string): Promise<string> => digest(`${kind}:${receipt}`);
