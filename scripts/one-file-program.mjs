// Set-up of the tests of the command line: the built program in one file. Loading its 740 modules costs Node a second
// for each start, and the tests start it hundreds of times; from one file it takes a third of that.
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { build } from "esbuild";

const main = fileURLToPath(new URL("../apps/cli/dist/main.js", import.meta.url));

/**
 * Modules keep their own addresses, by which they find assets. Packages of others stay where they are, and are required
 * when they are used: as a module Node would first look for the names that they export, TensorFlow.js for 0.2 seconds.
 */
const asBuilt = {
  name: "as built",
  setup({ onResolve, onLoad }) {
    onResolve({ filter: /^[^.]/ }, ({ path, importer, kind }) => {
      if (kind === "entry-point" || path.startsWith("node:") || /^@?pushforward(\/|$)/.test(path)) return undefined;
      return { path: createRequire(importer).resolve(path), namespace: "required" };
    });
    onLoad({ filter: /^/, namespace: "required" }, ({ path }) => {
      const names = Object.keys(createRequire(path)(path)).filter((name) => name !== "default");
      const from = `process.getBuiltinModule("module").createRequire(${JSON.stringify(path)})`;
      return {
        contents: `const $whole = ${from}(${JSON.stringify(path)}); export default $whole; export const { ${names} } = $whole;`,
      };
    });
    onLoad({ filter: /\.js$/ }, ({ path }) => {
      const source = readFileSync(path, "utf8").replace(/^#!.*/, "");
      return { contents: `const moduleUrl = ${JSON.stringify(pathToFileURL(path).href)};\n${source}` };
    });
  },
};

const folder = mkdtempSync(join(tmpdir(), "pushforward-program-"));

export async function setup() {
  const program = join(folder, "main.mjs");
  await build({
    entryPoints: [main],
    outfile: program,
    bundle: true,
    platform: "node",
    format: "esm",
    logLevel: "error",
    define: { "import.meta.url": "moduleUrl" },
    plugins: [asBuilt],
  });
  // Test processes inherit it.
  process.env.PUSHFORWARD_PROGRAM = program;
}

export function teardown() {
  rmSync(folder, { recursive: true, force: true });
}
