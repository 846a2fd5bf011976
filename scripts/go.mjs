// Runs a job of the workspace on a machine that has nothing but Node and npm: installs what is missing, then hands over.
// Usage: node scripts/go.mjs demo | test | verify | bench | playground | docs | examples [arguments]
import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { delimiter, dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { testPlan } from "./test-plan.mjs";

const root = join(dirname(fileURLToPath(import.meta.url)), "..");
const [job, ...rest] = process.argv.slice(2);

const [major, minor] = process.versions.node.split(".").map(Number);
if (major < 20 || (major === 20 && minor < 19)) {
  console.error(`pushforward: expected Node 20.19 or newer, got ${process.versions.node}.`);
  process.exit(1);
}

const environment = {
  ...process.env,
  PATH: `${join(root, "node_modules", ".bin")}${delimiter}${process.env.PATH}`,
  TURBO_TELEMETRY_DISABLED: "1",
  DO_NOT_TRACK: "1",
};

function run(command, args, options = {}) {
  const result = spawnSync(command, args, {
    cwd: options.cwd ?? root,
    env: { ...environment, ...options.env },
    stdio: "inherit",
    shell: process.platform === "win32",
  });
  if (result.error) {
    console.error(`${command}: ${result.error.message}`);
    process.exit(1);
  }
  return result.status ?? 1;
}

function must(command, args, options) {
  const status = run(command, args, options);
  if (status !== 0) process.exit(status);
}

function install() {
  const lock = createHash("sha256")
    .update(readFileSync(join(root, "pnpm-lock.yaml")))
    .digest("hex");
  const stamp = join(root, "node_modules", ".pushforward-lock");
  if (existsSync(stamp) && readFileSync(stamp, "utf8") === lock) return;
  const { packageManager } = JSON.parse(readFileSync(join(root, "package.json"), "utf8"));
  must("npx", ["--yes", packageManager, "install", "--frozen-lockfile"]);
  writeFileSync(stamp, lock);
}

// A user sees the log of a build only when it fails.
function build(...args) {
  const result = spawnSync("turbo", ["run", ...args, "--output-logs=errors-only", "--log-order=grouped"], {
    cwd: root,
    env: environment,
    encoding: "utf8",
    shell: process.platform === "win32",
  });
  if (result.status === 0) return;
  console.error(`${result.stdout ?? ""}${result.stderr ?? ""}${result.error?.message ?? ""}`);
  process.exit(result.status ?? 1);
}

// The files that arguments for vitest select, or undefined where it can't tell.
function testFiles(args) {
  const list = spawnSync("vitest", ["list", "--filesOnly", ...args], {
    cwd: root,
    env: environment,
    encoding: "utf8",
    shell: process.platform === "win32",
  });
  const lines = (list.stdout ?? "").split("\n").filter((line) => line.endsWith(".test.ts"));
  // Each with the name of its project before it.
  const files = lines.map((line) => line.replace(/^\[[^\]]*\] /, ""));
  return list.status === 0 && files.length > 0 ? files : undefined;
}

function buildFor(files) {
  const { programs, projects } = testPlan(files);
  build("assets", ...(programs.length === 0 ? [] : ["build"]), ...programs.map((app) => `--filter=./${app}`));
  for (const project of projects) must("tsc", ["-p", join(project, "tsconfig.json")]);
}

const jobs = {
  demo() {
    build("build", "--filter=@pushforward/cli");
    return run("node", ["apps/cli/dist/demo.js", ...rest]);
  },
  test() {
    const files = rest.length === 0 ? undefined : testFiles(rest);
    if (files === undefined) build("build", "typecheck");
    else buildFor(files);
    return run("vitest", ["run", ...rest]);
  },
  bench() {
    build("build", "--filter=@pushforward/bench");
    return run("node", ["apps/bench/dist/main.js", ...rest]);
  },
  playground() {
    build("build", "--filter=@pushforward/playground");
    // Prints its address, and serves until Ctrl-C.
    const app = join(root, "apps", "playground");
    const vite = join(app, "node_modules", "vite", "bin", "vite.js");
    return run("node", [vite, "preview", "--host", "localhost", ...rest], { cwd: app });
  },
  docs() {
    build("assets");
    return run("node", ["apps/docs/build-site.mjs"]);
  },
  examples() {
    build("build", "--filter=@pushforward/examples");
    return run("node", ["examples/dist/main.js", ...rest]);
  },
  verify() {
    const gates = [
      ["format and lint", "biome", ["ci", "."]],
      ["import directions and cycles", "node", ["scripts/check-imports.mjs"]],
      ["build and types", "turbo", ["run", "build", "typecheck", "--output-logs=errors-only"]],
      ["unused code and dependencies", "knip", ["--no-config-hints"]],
      ["links in the documentation", "node", ["scripts/check-links.mjs"]],
      ["tests, laws and examples", "vitest", ["run"], { PUSHFORWARD_BROWSER: "full" }],
      ["packages", "node", ["scripts/check-packages.mjs"]],
      ["sizes", "node", ["scripts/check-sizes.mjs"]],
    ];
    const failed = gates.filter(([name, command, args, env = {}]) => {
      console.log(`\n── ${name}`);
      return run(command, args, { env }) !== 0;
    });
    console.log(failed.length === 0 ? "\nall gates passed" : `\nfailed: ${failed.map(([name]) => name).join(", ")}`);
    return failed.length === 0 ? 0 : 1;
  },
};

if (!Object.hasOwn(jobs, job ?? "")) {
  console.error(`go: expected one of ${Object.keys(jobs).join(", ")}, got ${job ?? "nothing"}.`);
  process.exit(2);
}
install();
process.exit(jobs[job]());
