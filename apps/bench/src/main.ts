// The commands whose name ends in "once", and "measure", run in the processes that the other commands start.
import { UsageError } from "./options.ts";

const HELP = `Usage: npm run bench -- [command] [options]

compare            time of every model; half an hour (default)
quick              models a and b, one short round; a minute
growth             time of a training step by size
start              time to the first step, sizes of the WebAssembly modules
gradients          densities, losses and gradients compared with PyTorch
tables FOLDER      fits of the CSV files of a folder
defaults FOLDER    the default densities of the CSV files of a folder
anomalies FOLDER   area under the curve of the anomaly score
inference FOLDER   C2ST of npe on tasks with known posteriors
drift              false alarms and delays of watch
answers FOLDER     speed and accuracy of questions, imputation and anomaly scores
serving            the server under load; 12 minutes
strange            samples of small tables with known relations
conditions         rows given random conditions
crashes FOLDER     fits of the CSV files of a folder and of the strange tables

apps/bench/README.md lists the options.`;

type Command = (args: readonly string[]) => Promise<unknown>;

const commands: Readonly<Record<string, () => Promise<Command>>> = {
  compare: async () => {
    const { compare } = await import("./commands/compare.ts");
    return (args) => compare(args, false);
  },
  quick: async () => {
    const { compare } = await import("./commands/compare.ts");
    return (args) => compare(args, true);
  },
  growth: async () => (await import("./commands/growth.ts")).growth,
  start: async () => (await import("./commands/start.ts")).start,
  gradients: async () => (await import("./commands/gradients.ts")).gradients,
  tables: async () => (await import("./commands/table-fits.ts")).tableFits,
  defaults: async () => (await import("./commands/default-fits.ts")).defaultFits,
  anomalies: async () => (await import("./commands/anomalies.ts")).anomalies,
  inference: async () => (await import("./commands/inference.ts")).inference,
  answers: async () => (await import("./commands/answers.ts")).answers,
  drift: async () => (await import("./commands/drift.ts")).drift,
  serving: async () => (await import("./commands/serving.ts")).serving,
  strange: async () => (await import("./commands/strange.ts")).strange,
  conditions: async () => (await import("./commands/strange.ts")).conditions,
  crashes: async () => (await import("./commands/strange.ts")).crashes,
  measure: async () => asJson((await import("./commands/measure.ts")).measure),
  "start-once": async () => asJson((await import("./commands/start-once.ts")).startOnce),
  "gradients-once": async () => asJson((await import("./commands/gradients-once.ts")).gradientsOnce),
};

/** A command that takes a job as JSON and prints its result as JSON. */
function asJson<Job>(run: (job: Job) => Promise<object>): Command {
  return async ([job = "{}"]) => console.log(JSON.stringify(await run(JSON.parse(job) as Job)));
}

const [first, ...others] = process.argv.slice(2);
const [name, args] =
  first === undefined || first.startsWith("--") ? ["compare", process.argv.slice(2)] : [first, others];
try {
  if (process.argv.includes("--help") || process.argv.includes("-h")) {
    console.log(HELP);
    process.exit(0);
  }
  const command = Object.hasOwn(commands, name) ? commands[name] : undefined;
  if (command === undefined) {
    throw new UsageError(
      `bench: expected compare, quick, growth, start, gradients, tables, defaults, anomalies, inference, drift, answers, serving, strange, conditions or crashes, got ${name}.`,
    );
  }
  await (await command())(args);
} catch (error) {
  const isUsage = error instanceof UsageError || String((error as NodeJS.ErrnoException).code).startsWith("ERR_PARSE");
  console.error(isUsage ? (error as Error).message : error);
  process.exitCode = isUsage ? 2 : 1;
}
