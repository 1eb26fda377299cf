// Where we send what happens: addresses that a tenant gives us are a stranger's, and must not lead us to what only we can reach.
// A name may still point to a private address: Cloudflare's network reaches none, so there is nothing of ours to be found.

// 443 is no port of its own to the parser.
const PORTS = new Set(["", "8443"]);
/** Names of one's own network and of metadata services. */
const INNER = /(^|\.)(localhost|local|localdomain|internal|intranet|lan|home|corp|private|arpa|onion|test|invalid)$/;
/** Of a name no machine outside one's own would know. */
const isBare = (host: string) => !host.includes(".");
// The parser writes every form of an IPv4 address (decimal, octal, hexadecimal, short) with four numbers, IPv6 in brackets.
const isAddress = (host: string) => /^\d+\.\d+\.\d+\.\d+$/.test(host) || host.startsWith("[");
const LOCAL = new Set(["localhost", "127.0.0.1"]);
const LONGEST = 2_000;

/** The address as it is asked, or what is wrong with it, for people. `allowsLocal`: a developer's own machine, by http. */
export function judgeUrl(text: string, { allowsLocal }: { allowsLocal: boolean }): { url: URL } | { problem: string } {
  const url = parse(text);
  if (!url) return { problem: "debe ser una dirección web" };
  const host = url.hostname.replace(/\.$/, "");
  if (url.username || url.password) return { problem: "no puede llevar usuario ni contraseña" };
  if (allowsLocal && LOCAL.has(host) && /^https?:$/.test(url.protocol)) return { url };
  if (url.protocol !== "https:") return { problem: "debe empezar con https://" };
  if (!PORTS.has(url.port)) return { problem: "el puerto debe ser 443 u 8443" };
  if (isAddress(host)) return { problem: "debe llevar un nombre, no un número de IP" };
  if (isBare(host) || host.endsWith(".") || INNER.test(host)) return { problem: "no es una dirección pública" };
  return { url };
}

function parse(text: string): URL | undefined {
  if (text.length > LONGEST || /[\s\\]/.test(text)) return undefined;
  return URL.canParse(text) ? new URL(text) : undefined;
}
