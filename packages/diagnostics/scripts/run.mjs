// node packages/diagnostics/scripts/run.mjs power-table|against-scikit-learn [arguments]; after a build.
// Bundles one of the scripts of this folder, whose imports of other packages stay what they are, and runs it.
import { rmSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { build } from "esbuild";

const [name = "power-table"] = process.argv.slice(2);
// In there, because it is where the imports of the bundle are found.
const outfile = join(import.meta.dirname, "..", "node_modules", `.${name}.mjs`);
await build({
  entryPoints: [join(import.meta.dirname, `${name}.ts`)],
  outfile,
  bundle: true,
  packages: "external",
  platform: "node",
  format: "esm",
  target: "node20",
  logLevel: "warning",
});
try {
  await import(pathToFileURL(outfile).href);
} finally {
  rmSync(outfile);
}
