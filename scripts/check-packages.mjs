// Packs every package, checks the tarballs, and does with them in empty projects what a user would: installs of one package stay
// small and need no newer Node, every entry is imported in plain Node, declarations compile without skipLibCheck, a missing
// optional package is one sentence, the README runs, and a transform of one's own is trained, saved and loaded.
import { spawnSync } from "node:child_process";
import { lstatSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { pageModule } from "./page-module.mjs";

const root = join(dirname(fileURLToPath(import.meta.url)), "..");
const work = mkdtempSync(join(tmpdir(), "pushforward-packages-"));
const tarballs = join(work, "tarballs");
mkdirSync(tarballs);

function run(command, args, cwd, quiet = true) {
  const stdio = quiet ? "pipe" : ["ignore", "inherit", "inherit"];
  const { status, stdout, stderr } = spawnSync(command, args, { cwd, encoding: "utf8", stdio });
  if (status !== 0) fail(`${command} ${args.join(" ")} failed in ${cwd}\n${stdout ?? ""}${stderr ?? ""}`);
  return stdout ?? "";
}

function fail(message) {
  console.error(message);
  process.exit(1);
}

const folders = [
  ...readdirSync(join(root, "packages")).map((name) => join(root, "packages", name)),
  join(root, "apps", "cli"),
];
const manifests = folders.map((folder) => ({
  folder,
  manifest: JSON.parse(readFileSync(join(folder, "package.json"), "utf8")),
}));

for (const { folder, manifest } of manifests) {
  run("pnpm", ["pack", "--pack-destination", tarballs], folder);
  if (manifest.exports !== undefined) {
    run("publint", ["--strict", "--pack", "pnpm", folder], root);
    run("attw", ["--pack", folder, "--profile", "esm-only", "--quiet"], root);
  }
}
const files = readdirSync(tarballs);
console.log(`${files.length} tarballs packed; publint and attw found nothing`);

for (const file of files) run("npm", ["publish", "--dry-run", "--loglevel=error", join(tarballs, file)], work);
console.log(`${files.length} tarballs would be published`);

const tarballOf = (name) => {
  const stem = name.replace("@", "").replace("/", "-");
  return `file:${join(
    tarballs,
    files.find((file) => file.startsWith(`${stem}-0`) || file.startsWith(`${stem}-1`)),
  )}`;
};
const ours = Object.fromEntries(manifests.map(({ manifest }) => [manifest.name, tarballOf(manifest.name)]));
const catalog = readFileSync(join(root, "pnpm-workspace.yaml"), "utf8");
const versionOf = (name) => new RegExp(`"${name}": ([\\d.]+)`).exec(catalog)[1];

/** An empty project with some packages, installed as on the oldest Node that is supported. */
function install(name, dependencies, devDependencies = {}) {
  const project = join(work, name);
  mkdirSync(project);
  const manifest = { name: "consumer", private: true, type: "module", dependencies, devDependencies, overrides: ours };
  writeFileSync(join(project, "package.json"), JSON.stringify(manifest));
  run("npm", ["install", "--engine-strict", "--no-audit", "--no-fund", "--loglevel=error"], project);
  return project;
}

/** Packages below a folder, and the space on disk that they take. */
function measure(project) {
  const listed = run("npm", ["ls", "--all", "--parseable"], project).trim().split("\n").slice(1);
  return { count: new Set(listed).size, megabytes: bytesOf(join(project, "node_modules")) / 2 ** 20 };
}

function bytesOf(path) {
  const { blocks, size } = lstatSync(path);
  const own = blocks === undefined ? size : 512 * blocks;
  const isFolder = lstatSync(path).isDirectory();
  return isFolder ? readdirSync(path).reduce((sum, name) => sum + bytesOf(join(path, name)), own) : own;
}

/** Most megabytes and packages of the packages that are installed alone. */
const LIMITS = { "@pushforward/cli": [20, 8], "@pushforward/runtime": [3, 4], pushforward: [90, 40] };
const alone = {};
for (const [name, [mostMegabytes, mostPackages]] of Object.entries(LIMITS)) {
  alone[name] = install(`alone-${name.split("/").at(-1)}`, { [name]: ours[name] });
  const { count, megabytes } = measure(alone[name]);
  if (count > mostPackages || megabytes > mostMegabytes) {
    fail(`${name}: expected at most ${mostMegabytes} MB and ${mostPackages} packages, got ${megabytes} and ${count}.`);
  }
  console.log(`${name} alone: ${megabytes.toFixed(1)} MB, ${count} packages`);
}

// What a person needs who has a CSV file.
const cli = alone["@pushforward/cli"];
run("node", ["--input-type=module", "-e", tableProgram()], cli);
const program = (...args) => run("npx", ["pushforward", ...args], cli);
program("fit", "table.csv", "--out", "model.safetensors", "--flow", "maf", "--epochs", "1", "--no-anomalies");
program("sample", "model.safetensors", "-n", "5", "--out", "samples.parquet");
program("score", "model.safetensors", "samples.parquet");
program("plot", "model.safetensors", "--out", "picture.png");
for (const [args, name] of [
  [["serve", "model.safetensors"], "@pushforward/server"],
  [["mcp", "--folder", "."], "@modelcontextprotocol/server"],
  [["worker", "--redis", "redis://127.0.0.1:1"], "bullmq"],
  [["score", "model.safetensors", "--query", "SELECT * FROM 'samples.parquet'"], "@duckdb/node-api"],
]) {
  const { status, stderr } = spawnSync("npx", ["pushforward", ...args], { cwd: cli, encoding: "utf8" });
  const isTold = stderr.trim().endsWith(`Install it with: npm install ${name}`) && !stderr.includes("internal error");
  if (status !== 1 || !isTold)
    fail(`pushforward ${args.join(" ")}: expected the command that installs ${name}, got\n${stderr}`);
}
console.log(
  "the command line fits, samples, scores and plots by itself; optional packages are named when they are missing",
);

const readme = /```ts\n([\s\S]*?)```/.exec(readFileSync(join(root, "README.md"), "utf8"))[1];
writeFileSync(join(alone.pushforward, "readme.mjs"), readme);
run("node", ["readme.mjs"], alone.pushforward);
console.log("the README runs after npm install pushforward");

const entriesOf = ({ manifest }) =>
  Object.keys(manifest.exports ?? {}).map((entry) => join(manifest.name, entry).replaceAll("\\", "/"));

/** Compiles an import of entries without skipLibCheck, and returns the errors. */
function compile(project, tsc, entries, types) {
  writeFileSync(join(project, "all.ts"), entries.map((entry, i) => `export * as m${i} from "${entry}";`).join("\n"));
  const compilerOptions = { module: "NodeNext", target: "ES2022", lib: ["ES2022"], strict: true, types, noEmit: true };
  writeFileSync(join(project, "tsconfig.json"), JSON.stringify({ compilerOptions, files: ["all.ts"] }));
  const { stdout, error } = spawnSync(tsc, ["-p", "."], { cwd: project, encoding: "utf8" });
  if (error !== undefined) fail(String(error));
  return stdout.split("\n").filter((line) => line.includes("error TS"));
}

const project = install(
  "project",
  { ...ours, "@tensorflow/tfjs-core": versionOf("@tensorflow/tfjs-core") },
  { typescript: "6.0.3", "@types/node": versionOf("@types/node") },
);
const tsc = join(project, "node_modules", ".bin", "tsc");
// The declarations of TensorFlow.js need those of browsers; only errors in ours count.
const all = compile(project, tsc, manifests.flatMap(entriesOf), ["node"]);
const inOurs = all.filter((line) => /^(all\.ts|node_modules\/(@pushforward|pushforward)\/)/.test(line));
const runtime = manifests.find(({ manifest }) => manifest.name === "@pushforward/runtime");
inOurs.push(...compile(alone["@pushforward/runtime"], tsc, entriesOf(runtime), []));
if (inOurs.length > 0) fail(inOurs.join("\n"));
console.log("declarations compile without skipLibCheck, those of the runtime without any other types");

const entries = manifests.flatMap(entriesOf);
writeFileSync(
  join(project, "import-all.mjs"),
  `${entries.map((entry, i) => `import * as m${i} from "${entry}";`).join("\n")}
for (const [entry, module] of [${entries.map((entry, i) => `["${entry}", m${i}]`).join(", ")}]) {
  if (Object.keys(module).length === 0) throw new Error(entry + " exports nothing");
}
console.log("${entries.length} entries imported in plain Node");`,
);
run("node", ["import-all.mjs"], project, false);

const guide = pageModule(readFileSync(join(root, "docs", "guides", "write-a-transform.md"), "utf8"));
writeFileSync(join(project, "guide.ts"), guide);
writeFileSync(
  join(project, "tsconfig.json"),
  JSON.stringify({
    compilerOptions: {
      module: "NodeNext",
      target: "ES2022",
      lib: ["ES2023", "ESNext.Disposable", "DOM"],
      strict: true,
      exactOptionalPropertyTypes: true,
      skipLibCheck: true,
      types: [],
      outDir: "dist",
    },
    files: ["guide.ts"],
  }),
);
run("node_modules/.bin/tsc", ["-p", "."], project);
run("node", ["dist/guide.js"], project, false);
run("npx", ["pushforward", "--help"], project);
console.log("a transform of one's own: typed, checked, trained, saved, loaded");
rmSync(work, { recursive: true, force: true });

/** A program that writes a table. */
function tableProgram() {
  return `
    import { writeFileSync } from "node:fs";
    const rows = Array.from({ length: 200 }, (_, i) => [Math.sin(i), Math.cos(3 * i) + i / 100].join(","));
    writeFileSync("table.csv", ["x,y", ...rows].join("\\n"));`;
}
