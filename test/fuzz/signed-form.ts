// What Meta posts of a person, `signed_request` in a form; and the same with things that are not as they should be.
import fc from "fast-check";
import { signRequest } from "../world/meta/signed-request.ts";
import { metaApp } from "../world/settings.ts";
import { nastyText } from "./malice.ts";

const HOUR_SECONDS = 3_600;
/** Older ones are refused. */
const OLDEST_HOURS = 70;

const person = fc.bigInt({ min: 1n, max: 10n ** 17n }).map(String);

export function signedForm(isFitting: boolean, now: number): fc.Arbitrary<string> {
  const unless = <T>(fitting: fc.Arbitrary<T>, other: fc.Arbitrary<T>) =>
    isFitting ? fitting : fc.oneof({ weight: 2, arbitrary: fitting }, { weight: 1, arbitrary: other });
  return fc
    .record({
      name: unless(fc.constant("signed_request"), fc.constantFrom("signed_request[]", "SIGNED_REQUEST", "")),
      secret: unless(fc.constant<string>(metaApp.secret), nastyText),
      userId: unless(person, nastyText),
      hours: unless(fc.nat(OLDEST_HOURS), fc.integer({ min: -1_000_000, max: 1_000_000 })),
      algorithm: unless(fc.constant("HMAC-SHA256"), fc.constantFrom("none", "HMAC-SHA1", "")),
      tail: unless(fc.constant(""), nastyText),
    })
    .map(({ name, secret, userId, hours, algorithm, tail }) => {
      const issuedAt = Math.floor(now / 1000) - hours * HOUR_SECONDS;
      return new URLSearchParams({ [name]: signRequest(secret, { userId, issuedAt, algorithm }) + tail }).toString();
    });
}
