import fc from "fast-check";
import { describe, expect, it, test } from "vitest";
import { judgeUrl } from "../../../src/features/notifications/url-guard.ts";

const strict = (text: string) => judgeUrl(text, { allowsLocal: false });
const local = (text: string) => judgeUrl(text, { allowsLocal: true });

describe("an address that is public", () => {
  test.each([
    ["https://example.com", "https://example.com/"],
    ["https://hooks.example.com/a?b=c", "https://hooks.example.com/a?b=c"],
    ["https://example.com:443/a", "https://example.com/a"],
    ["https://example.com:8443/a", "https://example.com:8443/a"],
    ["HTTPS://EXAMPLE.COM/A", "https://example.com/A"],
    ["https://example.com./a", "https://example.com./a"],
    ["https://mañana.example.com/", "https://xn--maana-pta.example.com/"],
    ["https://localhost.example.com/", "https://localhost.example.com/"],
    ["https://internal-tools.example.com/", "https://internal-tools.example.com/"],
    ["https://10.0.0.1.example.com/", "https://10.0.0.1.example.com/"],
    [`https://example.com/${"a".repeat(1_980)}`, `https://example.com/${"a".repeat(1_980)}`],
  ])("%s is asked as it is read", (text, href) => {
    const judged = strict(text);
    expect("url" in judged && judged.url.href).toBe(href);
  });
});

const address = "debe llevar un nombre, no un número de IP";
const inner = "no es una dirección pública";
const scheme = "debe empezar con https://";
const port = "el puerto debe ser 443 u 8443";
const credentials = "no puede llevar usuario ni contraseña";
const none = "debe ser una dirección web";

describe("defect 121: what leads inside is refused", () => {
  test.each([
    // One machine, many writings.
    ["https://127.0.0.1/", address],
    ["https://127.0.0.1./", address],
    ["https://127.1/", address],
    ["https://2130706433/", address],
    ["https://0x7f000001/", address],
    ["https://0x7f.0.0.1/", address],
    ["https://0177.0.0.1/", address],
    ["https://017700000001/", address],
    ["https://%31%32%37.0.0.1/", address],
    ["https://①②⑦.⓪.⓪.①/", address],
    ["https://127。0。0。1/", address],
    ["https://0/", address],
    ["https://0.0.0.0/", address],
    ["https://10.1.2.3/", address],
    ["https://169.254.169.254/latest/meta-data/", address],
    ["https://8.8.8.8/", address],
    ["https://[::1]/", address],
    ["https://[::]/", address],
    ["https://[fd00:ec2::254]/", address],
    ["https://[fe80::1]/", address],
    ["https://[::ffff:127.0.0.1]/", address],
    ["https://[::ffff:7f00:1]/", address],
    ["https://[64:ff9b::a00:1]/", address],
    // Names.
    ["https://localhost/", inner],
    ["https://LOCALHOST./", inner],
    ["https://localhost../", inner],
    ["https://a.localhost../", inner],
    ["https://127.0.0.1../", inner],
    ["https://app.localhost/", inner],
    ["https://metadata/", inner],
    ["https://metadata.google.internal/computeMetadata/v1/", inner],
    ["https://metadata.google.internal./", inner],
    ["https://metadata。google。internal/", inner],
    ["https://ｍetadata.google.ｉnternal/", inner],
    ["https://db.local/", inner],
    ["https://x.localdomain/", inner],
    ["https://x.intranet/", inner],
    ["https://x.lan/", inner],
    ["https://x.home/", inner],
    ["https://x.corp/", inner],
    ["https://x.private/", inner],
    ["https://1.0.0.127.in-addr.arpa/", inner],
    ["https://x.onion/", inner],
    ["https://x.test/", inner],
    ["https://x.invalid/", inner],
    // What else an address can be.
    ["http://example.com/", scheme],
    ["ftp://example.com/", scheme],
    ["file:///etc/passwd", scheme],
    ["gopher://example.com/", scheme],
    ["data:text/plain,x", scheme],
    ["javascript:alert(1)", scheme],
    ["wss://example.com/", scheme],
    ["https://example.com:80/", port],
    ["https://example.com:22/", port],
    ["https://example.com:6379/", port],
    ["https://user@example.com/", credentials],
    ["https://:secret@example.com/", credentials],
    ["https://example.com:443@127.0.0.1/", credentials],
    ["https://example.com\\@127.0.0.1/", none],
    ["https://example.com/\nHost: x", none],
    [" https://example.com/", none],
    ["https://exam\tple.com/", none],
    ["https://", none],
    ["https://[::1", none],
    ["https://999.1.1.1/", none],
    ["//example.com/", none],
    ["/only/a/path", none],
    ["", none],
    [`https://example.com/${"a".repeat(1_981)}`, none],
  ])("%s", (text, problem) => {
    expect(strict(text)).toEqual({ problem });
  });
});

describe("a developer's own machine", () => {
  test.each(["http://127.0.0.1:4000/a", "http://localhost:1/", "https://localhost/", "http://2130706433/"])(
    "%s is asked where it may be",
    (text) => {
      expect(local(text)).toEqual({ url: new URL(text) });
      expect(strict(text)).toHaveProperty("problem");
    },
  );

  test.each([
    ["http://example.com/", scheme],
    ["http://10.0.0.1/", scheme],
    ["https://10.0.0.1/", address],
    ["http://127.0.0.2/", scheme],
    ["ftp://localhost/", scheme],
    ["xhttp://localhost/", scheme],
    ["http://user@localhost/", credentials],
    ["http://localhost.example.com/", scheme],
  ])("%s is not one", (text, problem) => {
    expect(local(text)).toEqual({ problem });
  });
});

it("whatever is let through is https, has a name of several labels, no credentials and one of two ports", () => {
  const host = fc.oneof(
    fc.ipV4(),
    fc.ipV4Extended(),
    fc.ipV6().map((text) => `[${text}]`),
    fc.domain(),
    fc.constantFrom("localhost", "a.internal", "db.local."),
    fc.webAuthority({ withIPv4: true, withIPv4Extended: true, withIPv6: true, withPort: true, withUserInfo: true }),
    fc.string({ unit: "binary" }),
  );
  const text = fc.tuple(
    fc.constantFrom("https", "http", "ftp", "HTTPS"),
    host,
    fc.constantFrom("", ".", "..", ":8443"),
  );
  fc.assert(
    fc.property(text, ([protocol, name, rest]) => {
      const judged = strict(`${protocol}://${name}${rest}/x`);
      if ("problem" in judged) return;
      const { hostname, username, password, port: asked } = judged.url;
      expect(judged.url.protocol + username + password).toBe("https:");
      expect(["", "8443"]).toContain(asked);
      expect(hostname).toMatch(/^[^.:[\]]+(\.[^.:[\]]+)+\.?$/);
      expect(hostname).not.toMatch(/(^[\d.]+$)|((^|\.)(localhost|internal|local)\.?$)/);
    }),
    { numRuns: 500 },
  );
});
