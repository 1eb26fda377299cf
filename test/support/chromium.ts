// Debian's Chromium, headless, over the DevTools protocol: no driver to install.
import { spawn } from "node:child_process";
import { existsSync, mkdtempSync } from "node:fs";
import { rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

const places = ["/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome"];

/** Where a browser is, if there is one; CHROMIUM names another. */
export const chromiumPath = [process.env["CHROMIUM"] ?? "", ...places].find((path) => path !== "" && existsSync(path));

type Params = Record<string, unknown>;
type Received = { id?: number; method?: string; params?: Params; result?: Params; error?: { message: string } };

/** A page that remembers what it asked for, and what the browser had to say against it. */
export async function openPage(url: string) {
  if (chromiumPath === undefined) throw new Error("no browser");
  const profile = mkdtempSync(join(tmpdir(), "chromium-"));
  const flags = ["--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--no-first-run"];
  const quiet = ["--disable-background-networking", "--disable-component-update", "--remote-debugging-port=0"];
  const browser = spawn(chromiumPath, [...flags, ...quiet, `--user-data-dir=${profile}`, "about:blank"]);
  const ended = new Promise((resolve) => browser.once("exit", resolve));
  const socket = new WebSocket(await addressOf(browser.stderr));
  await new Promise((resolve, reject) => {
    socket.addEventListener("open", resolve);
    socket.addEventListener("error", reject);
  });

  const requests: string[] = [];
  const problems: string[] = [];
  const listeners: Record<string, (params: Params) => void> = {
    "Network.requestWillBeSent": ({ request }) => requests.push((request as { url: string }).url),
    "Log.entryAdded": ({ entry }) => problems.push((entry as { text: string }).text),
    "Runtime.exceptionThrown": ({ exceptionDetails }) => problems.push(JSON.stringify(exceptionDetails)),
    "Audits.issueAdded": ({ issue }) => {
      // The others are advice on style.
      if (JSON.stringify(issue).startsWith('{"code":"ContentSecurityPolicyIssue"'))
        problems.push(JSON.stringify(issue));
    },
  };
  const waiting = new Map<number, (received: Received) => void>();
  socket.addEventListener("message", ({ data }) => {
    const received = JSON.parse(String(data)) as Received;
    if (received.id !== undefined) waiting.get(received.id)?.(received);
    else listeners[received.method ?? ""]?.(received.params ?? {});
  });

  let serial = 0;
  let sessionId: string | undefined;
  const send = async (method: string, params: Params = {}): Promise<Params> => {
    serial += 1;
    const id = serial;
    const { result, error } = await new Promise<Received>((resolve) => {
      waiting.set(id, resolve);
      socket.send(JSON.stringify({ id, method, params, sessionId }));
    });
    if (error) throw new Error(`${method}: ${error.message}`);
    return result ?? {};
  };

  const { targetId } = await send("Target.createTarget", { url: "about:blank" });
  sessionId = String((await send("Target.attachToTarget", { targetId, flatten: true }))["sessionId"]);
  for (const domain of ["Network", "Log", "Runtime", "Audits", "Page"]) await send(`${domain}.enable`);
  await send("Page.navigate", { url });

  /** The value of an expression in the page; a promise is awaited. */
  const evaluate = async <T>(expression: string): Promise<T> => {
    const { result } = await send("Runtime.evaluate", { expression, awaitPromise: true, returnByValue: true });
    return (result as { value: T }).value;
  };
  return {
    requests,
    problems,
    evaluate,
    close: async () => {
      // Asked to close, the browser waits for its helpers, which write into the profile until they end; killed, it would not.
      sessionId = undefined;
      await Promise.race([send("Browser.close").catch(() => undefined), ended]);
      await ended;
      socket.close();
      await rm(profile, { recursive: true, force: true, maxRetries: 20, retryDelay: 50 });
    },
  };
}

async function addressOf(stderr: NodeJS.ReadableStream): Promise<string> {
  let said = "";
  for await (const chunk of stderr) {
    said += String(chunk);
    const address = /DevTools listening on (ws:\S+)/.exec(said)?.[1];
    if (address) return address;
  }
  throw new Error(`Chromium did not start: ${said}`);
}
