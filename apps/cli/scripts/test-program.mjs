// Set-up of the tests of the command line. Tests run commands in their own process. What only a process can show (signals,
// closed streams, threads, servers) starts the bundle; each start costs time, so their number is limited. Run by itself, it
// makes the bundle, as `startedProgram` does at the first start without PUSHFORWARD_PROGRAM.
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { bundle } from "./bundle.mjs";

const MOST_STARTS = 40;

// In the folder of the package, so that the bundle finds the packages that are not part of it.
const folder = fileURLToPath(new URL(`../node_modules/.cache/program-${process.pid}/`, import.meta.url));
const counts = mkdtempSync(join(tmpdir(), "pushforward-starts-"));
const starts = join(counts, "starts");

export function setup() {
  // Test processes inherit these.
  process.env.PUSHFORWARD_STARTS = starts;
  if (process.env.PUSHFORWARD_PROGRAM === undefined) process.env.PUSHFORWARD_PROGRAM = join(folder, "main.js");
  else for (const name of ["lock", "state"]) writeFileSync(`${starts}.${name}`, "");
}

export function teardown() {
  const lines = existsSync(starts) ? readFileSync(starts, "utf8").trimEnd().split("\n") : [];
  rmSync(folder, { recursive: true, force: true });
  rmSync(counts, { recursive: true, force: true });
  if (lines.length === 0) return;
  console.log(`command line: ${lines.length} processes started, at most ${MOST_STARTS} allowed`);
  if (lines.length <= MOST_STARTS) return;
  const byFile = new Map();
  for (const file of lines) byFile.set(file, (byFile.get(file) ?? 0) + 1);
  for (const [file, count] of byFile) console.error(`${count} ${file}`);
  console.error("Run commands in the process of the test (Workbench.run) where a process is not what is tested.");
  process.exitCode = 1;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  rmSync(counts, { recursive: true });
  await bundle(process.argv[2], { server: true });
}
