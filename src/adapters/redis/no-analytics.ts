// Stands in the bundle for @upstash/core-analytics (wrangler.toml), which the limiter's library asks for `analytics: true` alone.
export function Analytics(): never {
  throw new Error("The limiter keeps no analytics.");
}
