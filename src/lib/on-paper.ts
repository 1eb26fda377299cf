/**
 * What only stands on paper: words for the document at /openapi.json, constraints for migrations. Tools on Node read it; the
 * worker has no use for it, and wrangler, which knows where its bundles run, leaves what is given to this out of them.
 */
export function onPaper<T>(words: T): T {
  return navigator.userAgent === "Cloudflare-Workers" ? (undefined as T) : words;
}
