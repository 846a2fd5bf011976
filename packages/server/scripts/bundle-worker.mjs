// Bundles the program of the worker processes: Node starts one file two to three times faster than its hundreds of modules.
import { readFile } from "node:fs/promises";
import { join, relative, sep } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";

const packages = fileURLToPath(new URL("../../", import.meta.url));
const dist = fileURLToPath(new URL("../dist/workers/", import.meta.url));

/** Packages in CommonJS expect these. */
const COMMONJS = `import { createRequire as $createRequire } from "node:module";
const require = $createRequire(import.meta.url), __dirname = import.meta.dirname, __filename = import.meta.filename;`;

/** Modules find programs and assets next to themselves. In the bundle, these addresses are those of the built packages. */
const addressesOfPackages = {
  name: "addresses of packages",
  setup({ onLoad }) {
    onLoad({ filter: /[\\/]packages[\\/].*\.ts$/ }, async ({ path }) => {
      const text = await readFile(path, "utf8");
      const [folder, , ...file] = relative(packages, path).split(sep);
      if (folder === "server" || !text.includes("import.meta.url")) return undefined;
      const { name } = JSON.parse(await readFile(join(packages, folder, "package.json"), "utf8"));
      const built = JSON.stringify(file.join("/").replace(/\.ts$/, ".js"));
      const address = `new URL(${built}, import.meta.resolve(${JSON.stringify(name)})).href`;
      return { contents: text.replaceAll(/, import\.meta\.url\)/g, `, ${address})`), loader: "ts" };
    });
  },
};

await build({
  entryPoints: { "worker-main": fileURLToPath(new URL("../src/workers/worker-main.ts", import.meta.url)) },
  outdir: dist,
  bundle: true,
  splitting: true,
  chunkNames: "[name]-[hash]",
  format: "esm",
  platform: "node",
  target: "node20.19",
  conditions: ["@pushforward/source"],
  mainFields: ["module", "main"],
  banner: { js: COMMONJS },
  charset: "utf8",
  legalComments: "linked",
  logLevel: "error",
  plugins: [addressesOfPackages],
});
