// Session tokens that must open nothing, each with a name. All but their one fault are right: the claims are a real user's.
import { createHmac, generateKeyPairSync, sign as signWith } from "node:crypto";
import { jwtSecret, metaApp } from "../world/settings.ts";

type Parts = { header?: object | string; payload?: unknown; key?: string };

const encode = (part: unknown) =>
  Buffer.from(typeof part === "string" ? part : JSON.stringify(part)).toString("base64url");

/** What jose would refuse to make. */
export function forge({ header = {}, payload, key = jwtSecret }: Parts, hash = "sha256"): string {
  const head = typeof header === "string" ? header : { alg: "HS256", typ: "JWT", ...header };
  const signed = `${encode(head)}.${encode(payload)}`;
  return `${signed}.${createHmac(hash, key).update(signed).digest("base64url")}`;
}

const stranger = generateKeyPairSync("ec", { namedCurve: "P-256" });
const strangerRsa = generateKeyPairSync("rsa", { modulusLength: 2048 });
const strangerJwk = stranger.publicKey.export({ format: "jwk" });

/** Signed with a key of the forger's own. */
function forgeAsymmetric(header: { alg: "ES256" | "RS256"; [more: string]: unknown }, payload: unknown): string {
  const signed = `${encode({ typ: "JWT", ...header })}.${encode(payload)}`;
  const isRsa = header.alg === "RS256";
  const key = isRsa ? strangerRsa.privateKey : { key: stranger.privateKey, dsaEncoding: "ieee-p1363" as const };
  return `${signed}.${signWith("sha256", Buffer.from(signed), key).toString("base64url")}`;
}

/** `who` are the claims of a session that would be good; `now` in milliseconds. */
export function badTokens(who: Record<string, unknown>, now: number): [name: string, token: string][] {
  const at = Math.floor(now / 1000);
  const claims: Record<string, unknown> & { exp: number } = { ...who, exp: at + 3600 };
  const good = forge({ payload: claims });
  const [head = "", body = "", signature = ""] = good.split(".");
  const { user_id: _, ...nobody } = claims;
  const withUser = (user_id: unknown) => forge({ payload: { ...claims, user_id } });
  const withTime = (times: object) => forge({ payload: { ...claims, ...times } });
  const withHeader = (header: object) => forge({ header, payload: claims });
  const unsigned = (alg: string, end: string) => `${encode({ alg, typ: "JWT" })}.${body}.${end}`;
  const respelled = signature.slice(0, -1) + nextSpelling(signature.at(-1) ?? "A");
  return [
    ["alg none, no signature", unsigned("none", "")],
    ["alg none, a signature", unsigned("none", signature)],
    ["alg NONE", unsigned("NONE", signature)],
    ["alg nOnE", unsigned("nOnE", "AA")],
    ["alg empty", forge({ header: { alg: "" }, payload: claims })],
    ["alg missing", forge({ header: JSON.stringify({ typ: "JWT" }), payload: claims })],
    ["alg null", forge({ header: { alg: null }, payload: claims })],
    ["alg a list", forge({ header: { alg: ["HS256"] }, payload: claims })],
    ["alg __proto__", forge({ header: { alg: "__proto__" }, payload: claims })],
    ["alg hs256 in small letters", forge({ header: { alg: "hs256" }, payload: claims })],
    ["HS384 with our secret", forge({ header: { alg: "HS384" }, payload: claims }, "sha384")],
    ["HS512 with our secret", forge({ header: { alg: "HS512" }, payload: claims }, "sha512")],
    ["RS256 over an HMAC of our secret", withHeader({ alg: "RS256" })],
    ["ES256 over an HMAC of our secret", withHeader({ alg: "ES256" })],
    ["HS256 with another secret", forge({ payload: claims, key: "another-secret-another-secret-another" })],
    ["HS256 with an empty secret", forge({ payload: claims, key: "" })],
    ["HS256 with our secret and a blank", forge({ payload: claims, key: `${jwtSecret} ` })],
    ["HS256 with the secret of the Meta app", forge({ payload: claims, key: metaApp.secret })],
    ["HS256 with a public key", forge({ payload: claims, key: JSON.stringify(strangerJwk) })],
    [
      "HS256 with a public key as PEM",
      forge({ payload: claims, key: strangerRsa.publicKey.export({ type: "spki", format: "pem" }).toString() }),
    ],
    ["ES256 with a key it brings along", forgeAsymmetric({ alg: "ES256", jwk: strangerJwk }, claims)],
    ["ES256 with a key it points to", forgeAsymmetric({ alg: "ES256", jku: "https://evil.example/jwks" }, claims)],
    ["RS256 with a certificate elsewhere", forgeAsymmetric({ alg: "RS256", x5u: "https://evil.example/c" }, claims)],
    ["RS256 with an unknown kid", forgeAsymmetric({ alg: "RS256", kid: "nobody" }, claims)],
    ["RS256 with a kid that is a path", forgeAsymmetric({ alg: "RS256", kid: "../../../dev/null" }, claims)],
    ["ES256 with a kid that is SQL", forgeAsymmetric({ alg: "ES256", kid: "' OR 1=1 --" }, claims)],
    ["a kid of an empty file", forge({ header: { kid: "/dev/null" }, payload: claims, key: "" })],
    ["crit it explains", withHeader({ crit: ["exp"], exp: claims.exp })],
    ["crit of b64", withHeader({ crit: ["b64"], b64: true })],
    ["crit empty", withHeader({ crit: [] })],
    ["typ at+jwt", withHeader({ typ: "at+jwt" })],
    ["typ of a state", withHeader({ typ: "state" })],
    ["typ a number", withHeader({ typ: 1 })],
    ["expired a minute ago", withTime({ exp: at - 60 })],
    ["expired in 1970", withTime({ exp: 0 })],
    ["exp negative", withTime({ exp: -1 })],
    ["no exp", withTime({ exp: undefined })],
    ["exp null", withTime({ exp: null })],
    ["exp in more than seven days", withTime({ exp: at + 7 * 86_400 + 60 })],
    ["exp a text", withTime({ exp: String(claims.exp) })],
    ["exp a list", withTime({ exp: [claims.exp] })],
    ["nbf in a minute", withTime({ nbf: at + 60 })],
    ["nbf a text", withTime({ nbf: "0" })],
    ["iat in a minute", withTime({ iat: at + 60 })],
    ["iat a text", withTime({ iat: "0" })],
    ["no user_id", forge({ payload: nobody })],
    ["sub in its place", forge({ payload: { ...nobody, sub: claims["user_id"] } })],
    ["user_id empty", withUser("")],
    ["user_id null", withUser(null)],
    ["user_id true", withUser(true)],
    ["user_id a list", withUser([who["user_id"]])],
    ["user_id an object", withUser({ $ne: "" })],
    ["user_id too long", withUser("x".repeat(256))],
    ["payload a list", forge({ payload: [claims] })],
    ["payload null", forge({ payload: "null" })],
    ["payload a text", forge({ payload: JSON.stringify("x") })],
    ["payload no JSON", forge({ payload: "{" })],
    ["payload empty", forge({ payload: "" })],
    ["header no JSON", forge({ header: "{", payload: claims })],
    ["header null", forge({ header: "null", payload: claims })],
    ["header a list", forge({ header: "[]", payload: claims })],
    ["no signature", `${head}.${body}.`],
    ["two parts", `${head}.${body}`],
    ["four parts", `${good}.${signature}`],
    ["five parts, as a JWE", `${head}..${body}.${signature}.${signature}`],
    ["its parts in another order", `${body}.${head}.${signature}`],
    ["a signature cut short", good.slice(0, -1)],
    ["half a signature", `${head}.${body}.${signature.slice(0, 22)}`],
    ["a signature with more", `${good}AAAA`],
    ["a signature spelled otherwise", `${head}.${body}.${respelled}`],
    ["a signature of zeros", `${head}.${body}.${"A".repeat(43)}`],
    ["the signature of other claims", `${head}.${encode({ ...claims, role: "owner", x: 1 })}.${signature}`],
    ["the signature of another header", `${encode({ typ: "JWT", alg: "HS256" })}.${body}.${signature}`],
    ["base64 with its padding", `${good}=`],
    ["base64 of the other alphabet", `${head}.${body}.${"+/".repeat(21)}A`],
    ["a blank inside", `${head}. ${body}.${signature}`],
    ["a zero byte's escape behind it", `${good}%00`],
    ["too long", forge({ payload: { ...claims, padding: "x".repeat(8192) } })],
    ["no token at all", "null"],
  ];
}

/** The next character that begins with the same four bits: the other two of a 32-byte signature are not read. */
const ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
const nextSpelling = (last: string) => ALPHABET[ALPHABET.indexOf(last) + 1] ?? "B";
