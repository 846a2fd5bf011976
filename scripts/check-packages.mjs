// Packs every package, checks the tarballs, installs them into an empty project outside the workspace, and runs there
// what a user would: every entry imported in plain Node, gradients, a transform of one's own trained, saved and loaded.
import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { pageModule } from "./page-module.mjs";

const root = join(dirname(fileURLToPath(import.meta.url)), "..");
const work = mkdtempSync(join(tmpdir(), "pushforward-packages-"));
const tarballs = join(work, "tarballs");
const project = join(work, "project");
mkdirSync(tarballs);
mkdirSync(project);

function run(command, args, cwd, quiet = true) {
  const result = spawnSync(command, args, {
    cwd,
    encoding: "utf8",
    stdio: quiet ? "pipe" : ["ignore", "inherit", "inherit"],
  });
  if (result.status !== 0) {
    console.error(`${command} ${args.join(" ")} failed in ${cwd}\n${result.stdout ?? ""}${result.stderr ?? ""}`);
    process.exit(1);
  }
  return result.stdout ?? "";
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

const tarballOf = (name) => {
  const stem = name.replace("@", "").replace("/", "-");
  return `file:${join(
    tarballs,
    files.find((file) => file.startsWith(`${stem}-0`) || file.startsWith(`${stem}-1`)),
  )}`;
};
const ours = Object.fromEntries(manifests.map(({ manifest }) => [manifest.name, tarballOf(manifest.name)]));
const tfjs = /"@tensorflow\/tfjs-core": ([\d.]+)/.exec(readFileSync(join(root, "pnpm-workspace.yaml"), "utf8"))[1];
writeFileSync(
  join(project, "package.json"),
  JSON.stringify(
    {
      name: "consumer",
      private: true,
      type: "module",
      dependencies: { ...ours, "@tensorflow/tfjs-core": tfjs },
      devDependencies: { typescript: "6.0.3" },
      overrides: ours,
    },
    null,
    2,
  ),
);
run("npm", ["install", "--no-audit", "--no-fund", "--loglevel=error"], project);

const entries = manifests.flatMap(({ manifest }) =>
  Object.keys(manifest.exports ?? {}).map((entry) => join(manifest.name, entry).replaceAll("\\", "/")),
);
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
