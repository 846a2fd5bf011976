import { availableParallelism } from "node:os";
import { parseArgs } from "node:util";
import { comparisons, comparisonTables, type Run, summaryTable } from "../comparison/comparison.ts";
import { contestants } from "../comparison/contestants.ts";
import { backendName, chosenModels, positiveNumber, UsageError, wholeNumber } from "../options.ts";
import { describeMachine, findPython, machineLines } from "../processes/machine.ts";
import { report } from "../report/report.ts";

const options = {
  models: { type: "string" },
  rounds: { type: "string" },
  seconds: { type: "string" },
  threads: { type: "string" },
  backends: { type: "string" },
  without: { type: "string" },
} as const;

/** Options of `quick`: a brief check of the effect of a change. */
const QUICK = ["--models", "a,b", "--rounds", "1", "--seconds", "0.4", "--threads", "1", "--without", "plain,jax-js"];

/** Times our models and PyTorch models side by side for several rounds, each in its own process, one after the next. */
export async function compare(args: readonly string[], isQuick: boolean): Promise<void> {
  const { values } = parseArgs({ args: [...(isQuick ? QUICK : []), ...args], options });
  const rounds = wholeNumber("rounds", values.rounds ?? "3");
  const seconds = positiveNumber("seconds", values.seconds ?? "1");
  const chosen = chosenModels(values.models);
  const without = new Set(values.without?.split(","));
  for (const name of without) {
    if (name !== "plain" && name !== "jax-js" && name !== "torch") {
      throw new UsageError(`bench: expected --without of plain, jax-js, torch, got ${name}.`);
    }
  }
  const threads = values.threads?.split(",").map((text) => wholeNumber("threads", text)) ?? [1, availableParallelism()];
  const backends = (values.backends ?? "wasm,cpu").split(",").map((text) => backendName("backends", text));
  const python = without.has("torch") ? undefined : await findPython();
  const machine = describeMachine(python);
  const field = {
    backends,
    threads: [...new Set(threads)],
    hasPlain: !without.has("plain"),
    hasJax: !without.has("jax-js"),
    python,
  };
  const runs: Run[] = [];
  for (const model of chosen) {
    for (let round = 0; round < rounds; round++) {
      for (const contestant of contestants(field)) {
        const { id, side, backend, build, style } = contestant;
        // A slow program is measured once.
        const isOnce = side === "plain" || side === "jax-js";
        if (!contestant.has(model) || (isOnce && round > 0)) continue;
        console.error(`${model.id}, round ${round + 1} of ${rounds}: ${id}`);
        const measurement = await contestant.run(model, seconds);
        runs.push({ model, id, side, round, backend, build, style, asked: contestant.threads, ...measurement });
      }
    }
  }
  const all = comparisons(runs);
  const loads = runs.map(({ load }) => load);
  const method = [
    `- rounds: ${rounds}; in each, one process after the other, ours and theirs in turn; each task ` +
      `warms up for ${(seconds / 2).toFixed(1)} s and is then repeated for ${seconds} s`,
    "- ours: median of the runs' medians; PyTorch: fastest median, the better of default and fused Adam",
    `- load average of a minute after the runs: ${Math.min(...loads).toFixed(2)} to ${Math.max(...loads).toFixed(2)}`,
    "- threads: ours has as many as PyTorch for a step of a plan on wasm, one for the rest; those of PyTorch are set by " +
      "OMP_NUM_THREADS and torch.set_num_threads; library: zuko or nflows, as they are or under torch.compile, " +
      "whichever is faster, or where these are not there our script in their style",
    "- jax-js: a script of ours with its weights and masks, compiled by its `jit`; a step without shuffling and checks",
    "- ms are wall time, in brackets processor time of all threads; ratio: their time by ours; a question mark, " +
      '"unreliable": a single thread had the processor for less than 97 % of the time',
  ];
  const markdown = [
    "# Times beside PyTorch",
    [...machineLines(machine), ...method].join("\n"),
    ...(python === undefined ? [] : ["## Ratios to the libraries", summaryTable(all)]),
    comparisonTables(all),
  ].join("\n\n");
  await report(isQuick ? "quick" : "compare", markdown, { machine, rounds, seconds, runs });
}
