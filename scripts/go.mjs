// Runs a job of the workspace on a machine that has nothing but Node and npm: installs what is missing, then hands over.
// Usage: node scripts/go.mjs demo | build | test | check | ci | verify | smoke | release | bench | playground | docs | examples
// [arguments]
import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { CHECKS, PACKAGES, runChecks, SITE } from "./checks.mjs";
import { summaryLine } from "./summary-reporter.mjs";
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

// All fast tests run from source. Their worker threads and workers of the server load built packages.
const TESTED = ["//#typecheck", "@pushforward/playground#typecheck", "pushforward#build", "@pushforward/server#build"];

function buildFor(files) {
  const { programs, projects } = testPlan(files);
  build("assets", ...(programs.length === 0 ? [] : ["build"]), ...programs.map((app) => `--filter=./${app}`));
  for (const project of projects) must("tsc", ["-p", join(project, "tsconfig.json")]);
}

// Before the tests start, the program is bundled once; a run of some tests bundles it when it is needed.
function bundleForTests() {
  environment.PUSHFORWARD_PROGRAM = join(root, "apps", "cli", "node_modules", ".cache", "program", "main.js");
  must("node", ["apps/cli/scripts/test-program.mjs", dirname(environment.PUSHFORWARD_PROGRAM)]);
}

// Tests, then checks; all checks run if a test or another check fails. The counts of both are the last line.
async function testsAndChecks(args, checks, env) {
  const folder = mkdtempSync(join(tmpdir(), "pushforward-summary-"));
  const file = join(folder, "summary.json");
  bundleForTests();
  const status = run("vitest", ["run", ...args], { env: { ...env, PUSHFORWARD_SUMMARY: file } });
  // A run that breaks off writes no numbers, or none that account for its status.
  const tests = existsSync(file) ? JSON.parse(readFileSync(file, "utf8")) : { passed: 0, failed: 0, skipped: 0 };
  if (status !== 0) tests.failed = Math.max(1, tests.failed);
  rmSync(folder, { recursive: true, force: true });
  console.log("");
  const { passed, failed } = await runChecks(checks, { cwd: root, env: environment });
  return { passed: tests.passed + passed, failed: tests.failed + failed, skipped: tests.skipped };
}

function end(counts) {
  console.log(`\n${summaryLine(counts)}`);
  return counts.failed === 0 ? 0 : 1;
}

const RUNTIMES = {
  node: ["node"],
  bun: ["npx", "--yes", "bun@1.4.5"],
  deno: ["npx", "--yes", "deno@2.9.6", "run", "-A"],
};

const jobs = {
  demo() {
    build("build", "--filter=@pushforward/cli");
    return run("node", ["apps/cli/dist/demo.js", ...rest]);
  },
  build() {
    build("build", "--filter=./packages/*", "--filter=@pushforward/cli");
    return 0;
  },
  test() {
    const args = rest.filter((argument) => argument !== "--deep");
    // The deep tests are the examples of the docs, the visits in a browser and the full fits.
    if (args.length < rest.length) environment.PUSHFORWARD_DEEP = "1";
    const files = args.length === 0 ? undefined : testFiles(args);
    if (files !== undefined) buildFor(files);
    else if (environment.PUSHFORWARD_DEEP === "1") build("build", "typecheck");
    else build(...TESTED);
    if (files === undefined) bundleForTests();
    return run("vitest", ["run", ...args]);
  },
  async check() {
    build("assets", "typecheck");
    return end({ ...(await runChecks(CHECKS, { cwd: root, env: environment })), skipped: 0 });
  },
  async ci() {
    build(...TESTED);
    return end(await testsAndChecks(rest, CHECKS));
  },
  bench() {
    build("build", "--filter=@pushforward/bench", "--filter=@pushforward/cli");
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
    const [, command, args] = SITE;
    return run(command, args);
  },
  examples() {
    build("build", "--filter=@pushforward/examples");
    return run("node", ["examples/dist/main.js", ...rest]);
  },
  smoke() {
    build("build", "--filter=pushforward");
    const [runtime = "node"] = rest;
    if (!Object.hasOwn(RUNTIMES, runtime)) {
      console.error(`smoke: expected one of ${Object.keys(RUNTIMES).join(", ")}, got ${runtime}.`);
      return 2;
    }
    const [command, ...args] = RUNTIMES[runtime];
    return run(command, [...args, "scripts/smoke.mjs"]);
  },
  // Publishes the versions that are not published yet. Only .github/workflows/release.yml runs it.
  release() {
    build("build", "typecheck");
    must("node", ["scripts/write-addresses.mjs"]);
    return run("changeset", ["publish"]);
  },
  async verify() {
    build("build", "typecheck");
    const counts = await testsAndChecks(["--coverage", ...rest], [...CHECKS, PACKAGES], { PUSHFORWARD_DEEP: "1" });
    run("node", ["scripts/print-coverage.mjs"]);
    return end(counts);
  },
};

if (!Object.hasOwn(jobs, job ?? "")) {
  console.error(`go: expected one of ${Object.keys(jobs).join(", ")}, got ${job ?? "nothing"}.`);
  process.exit(2);
}
install();
process.exit(await jobs[job]());
