// Runs experiments of the original project.
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { describeBackend, useBackend } from "pushforward";
import { experiments } from "./experiments.ts";
import { Lab, type Outcome } from "./lab.ts";
import { formatTable } from "./table.ts";

const HELP = `Usage: npm run examples -- [experiments] [options]

experiments    some of ${experiments.map(({ id }) => id).join(", ")}; all of them by default
--quick        a short run with one seed, whose figures have no meaning
--seeds N      number of seeds. Default: 5
--out FOLDER   folder for figures and pictures. Default: examples/results`;

function readArguments() {
  try {
    return parseArgs({
      allowPositionals: true,
      options: {
        help: { type: "boolean", short: "h", default: false },
        quick: { type: "boolean", default: false },
        seeds: { type: "string" },
        out: { type: "string", default: "examples/results" },
      },
    });
  } catch (error) {
    if (!(error instanceof TypeError)) throw error;
    console.error(`examples: ${error.message}\n\n${HELP}`);
    process.exit(2);
  }
}

const { values, positionals } = readArguments();
if (values.help) {
  console.log(HELP);
  process.exit(0);
}
const unknown = positionals.filter((id) => !experiments.some((experiment) => experiment.id === id.toLowerCase()));
const seeds = Number(values.seeds ?? (values.quick ? 1 : 5));
if (unknown.length > 0 || !(Number.isSafeInteger(seeds) && seeds >= 1)) {
  const ids = experiments.map(({ id }) => id).join(", ");
  console.error(
    `examples: expected some of ${ids} and a number of seeds from 1, got ${positionals.join(" ")}, ${seeds}.`,
  );
  process.exit(2);
}

await useBackend("wasm");
const { name: backend } = await describeBackend();
mkdirSync(values.out, { recursive: true });
const file = join(values.out, values.quick ? "quick.json" : "results.json");
const wanted = positionals.length === 0 ? experiments : experiments.filter(({ id }) => positionals.includes(id));
for (const { id, title, run } of wanted) {
  console.error(`${id}: ${title}`);
  const lab = new Lab({
    seeds,
    quick: values.quick,
    save: (name, svg) => writeFileSync(join(values.out, `${name}.svg`), svg),
    log: (text) => console.error(text),
  });
  await run(lab);
  const { rows, notes, pictures } = lab;
  const outcome: Outcome = { id, title, rows, notes, pictures };
  console.log(`\n${formatTable([outcome])}`);
  // After each one, and beside those of earlier runs, so that a long run may be stopped and gone on with.
  store(outcome);
}

function store(outcome: Outcome): void {
  const others = stored().filter(({ id }) => id !== outcome.id);
  const order = (o: Outcome): number => experiments.findIndex(({ id }) => id === o.id);
  const outcomes = [...others, outcome].sort((a, b) => order(a) - order(b));
  writeFileSync(file, `${JSON.stringify({ seeds, node: process.versions.node, backend, outcomes }, null, 1)}\n`);
}

function stored(): Outcome[] {
  try {
    return (JSON.parse(readFileSync(file, "utf8")) as { outcomes: Outcome[] }).outcomes;
  } catch {
    return [];
  }
}
