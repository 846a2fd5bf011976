// Prints the share of lines that the tests of `npm run verify` ran, for each package and app. A line that only another
// process or a browser runs does not count.
import { existsSync, readFileSync } from "node:fs";
import { dirname, join, relative, sep } from "node:path";
import { fileURLToPath } from "node:url";

const root = join(dirname(fileURLToPath(import.meta.url)), "..");
const file = join(root, "coverage", "coverage-summary.json");
if (!existsSync(file)) {
  console.error(`print-coverage: expected ${file}, got no file. Run vitest with --coverage first.`);
  process.exit(1);
}

const packages = new Map();
for (const [path, { lines }] of Object.entries(JSON.parse(readFileSync(file, "utf8")))) {
  const name = path === "total" ? "all" : relative(root, path).split(sep).slice(0, 2).join("/");
  const { covered, total } = packages.get(name) ?? { covered: 0, total: 0 };
  packages.set(name, { covered: covered + lines.covered, total: total + lines.total });
}
console.log("\nlines that tests ran");
for (const [name, { covered, total }] of [...packages].sort(([a], [b]) => (a < b ? -1 : 1))) {
  console.log(`${((100 * covered) / total).toFixed(1).padStart(6)} %  ${name} (${covered} of ${total})`);
}
