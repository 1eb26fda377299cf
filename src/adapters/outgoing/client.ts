// Posts to addresses that tenants give. One call, no redirect followed, nothing kept of the answer but its status.

export type Posted = { kind: "answered"; status: number } | { kind: "failed"; reason: "timeout" | "network" };

export type OutgoingClient = ReturnType<typeof createOutgoing>;

export const createOutgoing = ({ fetch: fetcher, timeoutMs = 5_000 }: { fetch: typeof fetch; timeoutMs?: number }) => ({
  post: async (url: URL, headers: Readonly<Record<string, string>>, body: string): Promise<Posted> => {
    const deadline = AbortSignal.timeout(timeoutMs);
    try {
      const response = await fetcher(url, {
        method: "POST",
        headers: { ...headers, "Content-Type": "application/json", "User-Agent": "MarketingHub-Webhooks/1" },
        body,
        redirect: "manual",
        signal: deadline,
      });
      await response.body?.cancel().catch(() => undefined);
      return { kind: "answered", status: response.status };
    } catch {
      return { kind: "failed", reason: deadline.aborted ? "timeout" : "network" };
    }
  },
});
