import { parseArgs } from "node:util";
import type { CompiledModule } from "../models/compiled-modules.ts";
import { chosenModels, wholeNumber } from "../options.ts";
import { builds, runNode, tableRows } from "../processes/job.ts";
import { describeMachine, findPython, machineLines, runPython } from "../processes/machine.ts";
import { markdownTable, median, milliseconds, report } from "../report/report.ts";
import type { StartJob, StartTimes } from "./start-once.ts";

/** How long it takes until training runs, and how large the WebAssembly modules are that are compiled for it. */
export async function start(args: readonly string[]): Promise<void> {
  const { values } = parseArgs({
    args: [...args],
    options: { models: { type: "string" }, rounds: { type: "string" } },
  });
  const rounds = wholeNumber("rounds", values.rounds ?? "3");
  const python = await findPython();
  const machine = describeMachine(python);
  const figures: Record<string, readonly StartTimes[]> = {};
  for (const model of chosenModels(values.models ?? "a,b,d")) {
    const job = (): StartJob => ({ model, rows: tableRows(model), start: Date.now() });
    for (let round = 0; round < rounds; round++) {
      const add = (name: string, times: StartTimes): void => {
        figures[`${model.id}: ${name}`] = [...(figures[`${model.id}: ${name}`] ?? []), times];
      };
      for (const build of builds) add(`ours, wasm ${build}`, await runNode<StartTimes>("start-once", job(), build));
      if (python === undefined) continue;
      const ask = { ...job(), threads: 1, style: "library" };
      add("torch, library style", await runPython<StartTimes>(python, "measure.py", ask, 1));
    }
  }
  const rows = Object.entries(figures).map(([name, all]) => [
    name,
    milliseconds(median(all.map(({ first }) => first))),
    milliseconds(median(all.map(({ tenth }) => tenth))),
    milliseconds(median(all.flatMap(({ modules }) => (modules === undefined ? [] : compileTime(modules))))),
  ]);
  const modules = builds.flatMap((build) =>
    (Object.entries(figures).find(([name]) => name.endsWith(build))?.[1][0]?.modules ?? []).map((module) => [
      build,
      String(module.bytes),
      String(module.gzip),
      milliseconds(module.milliseconds),
    ]),
  );
  const markdown = [
    "# Time to the first step",
    machineLines(machine).join("\n"),
    markdownTable(["", "first step ms", "ten steps ms", "of these, compiling WebAssembly ms"], rows),
    "## WebAssembly modules, in the order in which they are compiled, in the first round",
    markdownTable(["build", "bytes", "gzip bytes", "compile ms"], modules),
  ].join("\n\n");
  await report("start", markdown, { machine, figures });
}

function compileTime(modules: readonly CompiledModule[]): number {
  return modules.reduce((sum, module) => sum + module.milliseconds, 0);
}
