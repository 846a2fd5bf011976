import { spawn } from "node:child_process";
import { availableParallelism } from "node:os";

/** The build of the documentation site, which `npm run docs` and the checks run. A warning or a large site fails it. */
export const SITE = ["documentation site, without warnings", "node", ["apps/docs/build-site.mjs"]];

/**
 * The checks after the tests: their names and the arguments of Node or the command that runs them. They need the assets of
 * `turbo run assets` and no other build. The longest one is first, so that the shorter ones run next to it.
 */
export const CHECKS = [
  SITE,
  ["types of all examples", "node", ["scripts/check-examples.mjs"]],
  ["unused code and dependencies", "knip", ["--no-config-hints"]],
  ["format and lint", "biome", ["ci", ".", "--reporter=summary", "--colors=off"]],
  ["sizes of packages", "node", ["scripts/check-sizes.mjs"]],
  ["imports between packages", "node", ["scripts/check-imports.mjs"]],
  ["links in Markdown", "node", ["scripts/check-links.mjs"]],
];

/** The check of the packages as they are published. It needs a build of all packages and a registry. */
export const PACKAGES = ["packages as they are published", "node", ["scripts/check-packages.mjs"]];

/**
 * Runs checks, as many at a time as the machine has cores, and prints one line for each and the output of each that fails.
 *
 * @param {readonly (readonly [name: string, command: string, args: readonly string[]])[]} checks
 * @param {{ readonly cwd: string, readonly env: NodeJS.ProcessEnv }} options
 * @returns {Promise<{ readonly passed: number, readonly failed: number }>}
 */
export async function runChecks(checks, options) {
  const waiting = [...checks];
  let failed = 0;
  const worker = async () => {
    for (let check = waiting.shift(); check !== undefined; check = waiting.shift()) {
      const [name, command, args] = check;
      const start = performance.now();
      const { ok, output } = await runCheck(command, args, options);
      const seconds = ((performance.now() - start) / 1000).toFixed(1);
      console.log(`${ok ? "✓" : "✗"} ${name} (${seconds} s)`);
      if (ok) continue;
      failed += 1;
      console.log(`  ${[command, ...args].join(" ")}\n${output}`);
    }
  };
  await Promise.all(Array.from({ length: Math.min(availableParallelism(), checks.length) }, worker));
  return { passed: checks.length - failed, failed };
}

function runCheck(command, args, { cwd, env }) {
  return new Promise((resolve) => {
    const child = spawn(command, args, { cwd, env, shell: process.platform === "win32" });
    let output = "";
    for (const stream of [child.stdout, child.stderr]) {
      stream.setEncoding("utf8").on("data", (text) => {
        output += text;
      });
    }
    child.on("error", (error) => resolve({ ok: false, output: `${command}: ${error.message}` }));
    child.on("close", (status) => resolve({ ok: status === 0, output }));
  });
}
