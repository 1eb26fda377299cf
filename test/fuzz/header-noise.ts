// Headers that nobody expects, and expected ones with what does not belong there.
import fc from "fast-check";

/** Header values as HTTP allows them: what it does not allow never leaves a client. */
const headerText = fc.oneof(
  fc.constantFrom(
    "",
    "a",
    "*",
    'W/"x"',
    '"',
    "bytes=0-1",
    "é",
    "x".repeat(3_000),
    "1 OR 1=1",
    "null",
    "-1",
    "../",
    "application/json, */*;q=0",
  ),
  fc
    .string({ unit: fc.constantFrom(...Array.from("abcXYZ019 -_,;=\"'()<>%{}$\u00ff")), maxLength: 40 })
    .map((text) => text.trim()),
);

export const headerNoise = fc.dictionary(
  fc.constantFrom(
    "x-request-id",
    "x-tenant-id",
    "accept",
    "accept-encoding",
    "accept-language",
    "if-none-match",
    "if-modified-since",
    "idempotency-key",
    "origin",
    "referer",
    "cookie",
    "x-forwarded-for",
    "x-forwarded-host",
    "x-http-method-override",
    "x-admin-token",
    "range",
    "authorization",
    "x-marketing-hub-hop",
    "forwarded",
    "traceparent",
    "user-agent",
    "sec-fetch-site",
  ),
  headerText,
  { minKeys: 1, maxKeys: 3 },
);
