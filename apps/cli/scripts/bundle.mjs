// Bundles the command from the sources of all packages: programs of processes and threads are entries, and the rest is in
// chunks that are loaded when they are used. Run by itself, it writes to `dist`.
import { copyFile, mkdir, readFile, rm } from "node:fs/promises";
import { createRequire } from "node:module";
import { basename, join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { build } from "esbuild";

const root = fileURLToPath(new URL("../../../", import.meta.url));
const source = fileURLToPath(new URL("../src/", import.meta.url));
const packages = join(root, "packages");

/** The programs, by the names of their files. */
const PROGRAMS = {
  main: join(source, "main.ts"),
  demo: join(source, "demo.ts"),
  "score-worker": join(source, "score/score-worker.ts"),
  "sample-worker": join(source, "sample/sample-worker.ts"),
  "job-thread": join(source, "jobs/job-thread.ts"),
  "column-worker": join(packages, "pushforward/src/workers/column-worker.ts"),
};

/** The programs that the package of the server brings; tests bundle it, too. */
const SERVER_PROGRAMS = { "worker-main": join(packages, "server/src/workers/worker-main.ts") };

/** Files that modules read at run time. */
const ASSETS = [
  ...["tfjs-backend-wasm.wasm", "tfjs-backend-wasm-simd.wasm"].map((name) => join(packages, "backend/assets", name)),
  ...["DejaVuSans.ttf", "DejaVuSans-Bold.ttf", "DejaVu-LICENSE.txt"].map((name) => join(source, "../assets", name)),
];

/** Packages with native code, or that only some commands use: they stay packages, and are loaded when they are used. */
const EXTERNAL = [
  "@duckdb/node-api",
  "@resvg/resvg-js",
  "@modelcontextprotocol/server",
  "bullmq",
  "ioredis",
  "node-sqlite3-wasm",
];

/** Packages in CommonJS expect these. */
const COMMONJS = `import { createRequire as $createRequire } from "node:module";
const require = $createRequire(import.meta.url), __dirname = import.meta.dirname, __filename = import.meta.filename;`;

/**
 * Bundles the command.
 *
 * @param {string} folder where the files go; it is emptied first
 * @param {{ readonly server?: boolean }} [options] server: whether the server is bundled, as tests need it that build no package
 */
export async function bundle(folder, { server = false } = {}) {
  await rm(folder, { recursive: true, force: true });
  const entryPoints = { ...PROGRAMS, ...(server && SERVER_PROGRAMS) };
  const result = await build({
    entryPoints,
    outdir: folder,
    bundle: true,
    splitting: true,
    chunkNames: "[name]-[hash]",
    format: "esm",
    platform: "node",
    target: "node20.19",
    conditions: ["@pushforward/source"],
    mainFields: ["module", "main"],
    external: server ? EXTERNAL : [...EXTERNAL, "@pushforward/server"],
    banner: { js: COMMONJS },
    charset: "utf8",
    legalComments: "linked",
    logLevel: "error",
    metafile: true,
    plugins: [flatAddresses, ...(server ? [packagesOfServer] : [])],
  });
  await mkdir(join(folder, "assets"));
  await Promise.all(ASSETS.map((file) => copyFile(file, join(folder, "assets", basename(file)))));
  await Promise.all(["start", "main", "table"].map((name) => bundlePage(name, join(folder, `page-${name}.js`))));
  return result.metafile;
}

const ADDRESS = /new URL\(\s*(["`])(\.[^"`]*\/)([^/"`]+)\1,\s*import\.meta\.url,?\s*\)/g;

/** All files of a bundle are in one folder, so modules find programs there and assets in its folder `assets`. */
const flatAddresses = {
  name: "flat addresses",
  setup({ onLoad }) {
    onLoad({ filter: /(packages|apps[\\/]cli)[\\/].*\.ts$/ }, async ({ path }) => {
      const text = await readFile(path, "utf8");
      if (!text.includes("import.meta.url")) return undefined;
      const contents = text.replace(ADDRESS, (_, quote, folders, name) => {
        const place = name.endsWith(".js") ? "./" : folders.endsWith("assets/") ? "./assets/" : folders;
        return `new URL(${quote}${place}${name}${quote}, import.meta.url)`;
      });
      return { contents, loader: "ts" };
    });
  },
};

/** What the server alone depends on is found from its own folder. */
const packagesOfServer = {
  name: "packages of the server",
  setup({ onResolve }) {
    onResolve({ filter: /^[^.#]/ }, ({ path, importer }) => {
      const isOwn = importer.startsWith(join(packages, "server")) && !/^(node:|@?pushforward(\/|$))/.test(path);
      if (!isOwn) return undefined;
      return { path: pathToFileURL(createRequire(importer).resolve(path)).href, external: true };
    });
  },
};

/**
 * The beginning of the offline page, or one of its programs, as a script. Packages name TensorFlow.js, and only the page of
 * a model of a table needs it.
 */
async function bundlePage(name, outfile) {
  const isTable = name === "table";
  await build({
    entryPoints: [join(source, `offline-page/browser/${name}.ts`)],
    outfile,
    bundle: true,
    minify: true,
    format: "iife",
    target: "es2022",
    platform: "browser",
    conditions: ["@pushforward/source"],
    charset: "ascii",
    // The notices of TensorFlow.js go with its code.
    legalComments: isTable ? "eof" : "none",
    logLevel: "error",
    plugins: [isTable ? withBinary : withoutTensorflow],
  });
  const text = await readFile(outfile, "utf8");
  if (!isTable && text.includes("@tensorflow")) {
    throw new Error(`bundle: expected page-${name}.js without TensorFlow.js, got one with it.`);
  }
}

/** The modules that the backend loads when it starts. */
const LOADED_BY_TABLE = new Set(["@tensorflow/tfjs-backend-wasm", "@pushforward/kernels/wasm"]);

/** The page of a table has the binary of one backend, with SIMD, in itself. */
const withBinary = {
  name: "with the binary",
  setup({ onResolve, onLoad }) {
    onResolve({ filter: /^#wasm-files$/ }, () => ({ path: join(source, "offline-page/browser/wasm-files.ts") }));
    onResolve({ filter: /^node:/ }, ({ path }) => ({ path, external: true, sideEffects: false }));
    onResolve({ filter: /./ }, ({ path, kind }) => {
      const isOther = kind === "dynamic-import" && !LOADED_BY_TABLE.has(path);
      return isOther ? { path, external: true } : undefined;
    });
    onLoad({ filter: /generated[\\/]relaxed\.ts$/ }, () => ({ contents: 'export const relaxedModule = "";' }));
  },
};

const withoutTensorflow = {
  name: "without TensorFlow.js",
  setup({ onResolve }) {
    onResolve({ filter: /^(@tensorflow\/|node:)/ }, ({ path }) => ({ path, external: true, sideEffects: false }));
    // The page loads nothing. In the bundle, an import at run time would start modules in another order, some of them never.
    onResolve({ filter: /./ }, ({ path, kind }) => (kind === "dynamic-import" ? { path, external: true } : undefined));
  },
};

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  await bundle(fileURLToPath(new URL("../dist/", import.meta.url)));
}
