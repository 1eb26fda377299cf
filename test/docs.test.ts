// /docs and /openapi.json as Cloudflare serves them: files beside the worker, under a policy that lets nothing else in.
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, inject, it } from "vitest";
import { unstable_startWorker as startWorker } from "wrangler";
import { chromiumPath, openPage } from "./support/chromium.ts";
import { findFreePort } from "./world/ports.ts";
import { root } from "./world/root.ts";

let worker: Awaited<ReturnType<typeof startWorker>>;
let origin: string;

beforeAll(async () => {
  const port = await findFreePort(0, "the worker");
  origin = `http://localhost:${port}`;
  const bindings = Object.entries(inject("worker")).map(
    ([name, value]) => [name, { type: "plain_text", value }] as const,
  );
  worker = await startWorker({
    config: join(root, "wrangler.toml"),
    envFiles: [],
    bindings: Object.fromEntries(bindings),
    dev: { server: { hostname: "localhost", port }, inspector: false, watch: false, logLevel: "error", persist: false },
  });
  await worker.ready;
}, 60_000);
afterAll(() => worker.dispose());

describe("the files", () => {
  it("/openapi.json is the photograph", async () => {
    const answer = await fetch(`${origin}/openapi.json`);
    expect([answer.status, answer.headers.get("content-type")]).toEqual([200, "application/json"]);
    expect(await answer.text()).toBe(readFileSync(join(root, "src/public/openapi.json"), "utf8"));
  });

  it("/docs may load what is ours and nothing else, with no exception for what stands inline", async () => {
    const answer = await fetch(`${origin}/docs`);
    expect([answer.status, answer.headers.get("content-type")]).toEqual([200, "text/html; charset=utf-8"]);
    const policy = answer.headers.get("content-security-policy") ?? "";
    expect(policy).toMatch(/^default-src 'none'; script-src 'self'; style-src 'self';/);
    expect(policy).not.toMatch(/unsafe|https?:|\*/);
  });

  it("every other path is the worker's, and keeps its policy", async () => {
    for (const [path, status] of Object.entries({
      "/healthz": 200,
      "/": 404,
      "/docs.html": 404,
      "/crm/marketing/stats": 401,
    })) {
      const answer = await fetch(origin + path);
      expect([path, answer.status, answer.headers.get("content-security-policy")]).toEqual([
        path,
        status,
        "default-src 'none'; frame-ancestors 'none'; base-uri 'none'",
      ]);
    }
  });
});

if (chromiumPath === undefined)
  console.warn("/docs is not opened in a browser: there is none (apt-get install chromium, or set CHROMIUM).");

describe.skipIf(chromiumPath === undefined)("in a browser", () => {
  type Seen = { summaries: string[]; opened: string };
  const look = `new Promise((resolve) => {
    const ready = setInterval(() => {
      const blocks = [...document.querySelectorAll(".opblock")];
      if (blocks.length === 0) return;
      clearInterval(ready);
      const summaries = blocks.map((block) => block.querySelector(".opblock-summary-description").textContent);
      document.querySelector(".opblock .opblock-summary-control").click();
      const opened = setInterval(() => {
        const body = document.querySelector(".opblock-body");
        if (!body) return;
        clearInterval(opened);
        resolve({ summaries, opened: body.textContent });
      }, 20);
    }, 20);
  })`;

  it("/docs shows every operation, asks nobody else, and breaks no policy", async () => {
    const page = await openPage(`${origin}/docs`);
    const { summaries, opened } = await page.evaluate<Seen>(look);
    const { paths } = JSON.parse(readFileSync(join(root, "src/public/openapi.json"), "utf8")) as {
      paths: Record<string, Record<string, { summary: string }>>;
    };
    const operations = Object.values(paths).flatMap((path) => Object.values(path).map(({ summary }) => summary));
    expect(summaries.toSorted()).toEqual(operations.toSorted());
    expect(opened).toContain("Responses");
    expect(page.problems).toEqual([]);
    expect(page.requests).toContain(`${origin}/openapi.json`);
    expect(page.requests.filter((url) => !url.startsWith(`${origin}/`) && !url.startsWith("data:"))).toEqual([]);

    // Were it otherwise, the page would have told.
    await page.evaluate(`document.body.append(Object.assign(document.createElement("script"), { text: "1" }))`);
    await page.evaluate(`void fetch("https://elsewhere.example/").catch(() => undefined)`);
    await expect.poll(() => page.problems.join("\n")).toMatch(/inline script[^]*elsewhere\.example/i);
    await page.close();
  }, 120_000);
});
