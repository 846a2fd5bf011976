// Which package may import which, or its types only, no cycles between files, no deep imports. The table is the architecture.
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { dirname, join, relative, resolve } from "node:path";
import { fileURLToPath } from "node:url";

const root = join(dirname(fileURLToPath(import.meta.url)), "..");
const packages = {
  core: [],
  ops: ["core"],
  kernels: ["core (types)"],
  backend: ["core", "kernels", "ops"],
  distributions: ["core", "ops", "transforms"],
  transforms: ["core", "ops"],
  conditioners: ["core", "ops"],
  flows: ["core", "ops", "distributions", "transforms", "conditioners", "runtime"],
  training: ["core", "ops"],
  anomalies: ["core", "datasets", "distributions", "ops"],
  auto: ["conditioners", "core", "datasets", "distributions", "flows", "tables", "training", "transforms"],
  interop: ["conditioners", "core", "distributions", "flows", "ops", "serialization", "transforms"],
  inference: [
    "auto",
    "conditioners",
    "core",
    "datasets",
    "distributions",
    "flows",
    "ops",
    "tables",
    "training",
    "transforms",
  ],
  serialization: ["core"],
  datasets: ["core"],
  plots: [],
  columns: ["core", "datasets"],
  tables: ["columns", "conditioners", "core", "datasets", "distributions", "flows", "ops", "training"],
  questions: ["anomalies", "columns", "core", "datasets", "diagnostics", "flows", "serialization", "tables"],
  diagnostics: ["conditioners", "core", "datasets", "ops", "training"],
  testing: ["core", "ops", "backend"],
  pushforward: [
    "core",
    "ops",
    "backend",
    "distributions",
    "transforms",
    "conditioners",
    "flows",
    "training",
    "auto",
    "interop",
    "inference",
    "serialization",
    "datasets",
    "plots",
    "diagnostics",
    "anomalies",
    "questions",
    "columns",
    "tables",
    "runtime",
  ],
  files: ["columns", "core", "datasets"],
  runtime: ["core", "kernels", "serialization"],
  onnx: ["columns", "core", "distributions", "flows", "ops", "tables"],
  server: ["backend", "columns", "core", "datasets", "files", "pushforward", "questions", "serialization", "tables"],
};
// Apps may import any package. Examples use the packages that users install.
const any = Object.keys(packages);
const allowed = { ...packages, cli: any, bench: any, playground: any, examples: ["onnx", "pushforward"] };
const folders = { cli: "apps/cli", bench: "apps/bench", playground: "apps/playground", examples: "examples" };
const problems = [];

function sources(folder) {
  return readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) return sources(path);
    return /\.tsx?$/.test(entry.name) ? [path] : [];
  });
}

const importPattern =
  /(?:^|\n)\s*(?:import|export)\b(\s+type\b)?[^;"']*?from\s*["']([^"']+)["']|import\(\s*["']([^"']+)["']\s*\)/g;

for (const [name, may] of Object.entries(allowed)) {
  const mayTypesOf = may.flatMap((entry) => /^(.*) \(types\)$/.exec(entry)?.[1] ?? []);
  const folder = join(root, folders[name] ?? `packages/${name}`);
  const manifest = JSON.parse(readFileSync(join(folder, "package.json"), "utf8"));
  // What is bundled is a dependency of the build.
  const bundled = name === "cli" ? Object.keys(manifest.devDependencies) : [];
  const dependencies = [...Object.keys(manifest.dependencies ?? {}), ...bundled];
  const peers = Object.keys(manifest.peerDependencies ?? {});
  for (const dependency of dependencies) {
    const sibling = siblingOf(dependency);
    if (sibling !== undefined && !may.includes(sibling) && !mayTypesOf.includes(sibling))
      problems.push(`${name}/package.json depends on ${dependency}`);
  }
  const graph = new Map();
  const used = new Set();
  const cases = join(folder, "cases");
  for (const file of [...sources(join(folder, "src")), ...(existsSync(cases) ? sources(cases) : [])]) {
    const local = relative(root, file);
    const isTest = /\.test(-support)?\.ts$/.test(file) || file.startsWith(cases);
    const edges = [];
    for (const match of readFileSync(file, "utf8").matchAll(importPattern)) {
      const target = match[2] ?? match[3];
      const isType = match[1] !== undefined;
      if (target.startsWith(".")) {
        edges.push(resolve(dirname(file), target));
        continue;
      }
      if (/^@pushforward\/[^/]+\/(src|dist)\b/.test(target)) problems.push(`${local} imports ${target}, a deep path`);
      if (/^@tensorflow\/[^/]+\//.test(target)) problems.push(`${local} imports ${target}; import the root only`);
      if (isTest || target.startsWith("node:") || target.startsWith("#")) continue;
      const sibling = siblingOf(target);
      if (sibling !== undefined && sibling !== name && !may.includes(sibling)) {
        if (!mayTypesOf.includes(sibling)) problems.push(`${local} imports ${target}, which ${name} may not`);
        else if (!isType) problems.push(`${local} imports values of ${target}, of which ${name} may import types only`);
      }
      if (sibling !== undefined) used.add(sibling);
      const bare = target.startsWith("@") ? target.split("/").slice(0, 2).join("/") : target.split("/")[0];
      if (sibling !== name && !dependencies.includes(bare) && !peers.includes(bare)) {
        problems.push(`${local} imports ${bare}, which package.json does not declare`);
      }
    }
    graph.set(file, edges);
  }
  findCycles(graph);
  for (const dependency of dependencies) {
    const sibling = siblingOf(dependency);
    if (sibling !== undefined && !used.has(sibling))
      problems.push(`${name}/package.json declares ${dependency}, unused`);
  }
}

function siblingOf(target) {
  if (target === "pushforward" || target.startsWith("pushforward/")) return "pushforward";
  return /^@pushforward\/([^/]+)/.exec(target)?.[1];
}

function findCycles(graph) {
  const state = new Map();
  const visit = (file, path) => {
    if (state.get(file) === "done") return;
    if (state.get(file) === "open") {
      problems.push(`cycle: ${[...path.slice(path.indexOf(file)), file].map((f) => relative(root, f)).join(" → ")}`);
      return;
    }
    state.set(file, "open");
    for (const next of graph.get(file) ?? []) visit(next, [...path, file]);
    state.set(file, "done");
  };
  for (const file of graph.keys()) visit(file, []);
}

for (const problem of problems) console.error(problem);
console.log(`${Object.keys(allowed).length} packages and apps, ${problems.length} problems`);
process.exit(problems.length === 0 ? 0 : 1);
