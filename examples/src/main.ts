// Runs experiments of the original project: `npm run examples -- [a1 b3 …] [--quick] [--seeds N] [--out FOLDER]`.
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { describeBackend, useBackend } from "pushforward";
import { experiments } from "./experiments.ts";
import { Lab, type Outcome } from "./lab.ts";
import { formatTable } from "./table.ts";

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    quick: { type: "boolean", default: false },
    seeds: { type: "string" },
    out: { type: "string", default: "examples/results" },
  },
});
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
