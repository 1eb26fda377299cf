// Puts Swagger UI beside our own files of /docs. wrangler runs it before each build (wrangler.toml): nothing to do by hand.
import { copyFileSync, mkdirSync, renameSync, statSync } from "node:fs";

mkdirSync(".wrangler", { recursive: true });
for (const file of ["swagger-ui-bundle.js", "swagger-ui.css"]) {
  const [from, to] = [`node_modules/swagger-ui-dist/${file}`, `src/public/docs/${file}`];
  if (statSync(from).size === statSync(to, { throwIfNoEntry: false })?.size) continue;
  // Moved into its place at once: somebody may be reading it.
  const made = `.wrangler/${process.pid}-${file}`;
  copyFileSync(from, made);
  renameSync(made, to);
}
