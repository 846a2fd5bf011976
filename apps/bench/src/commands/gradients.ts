import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import type { BackendName } from "pushforward";
import { chosenModels, UsageError } from "../options.ts";
import { type Build, builds, runNode } from "../processes/job.ts";
import { describeMachine, findPython, machineLines, runPython } from "../processes/machine.ts";
import { markdownTable, report } from "../report/report.ts";
import type { GradientsJob } from "./gradients-once.ts";

/** Output of `differences.py`: largest differences to a float64 script, and differences of a float32 script. */
interface Differences {
  readonly parameters: number;
  readonly lossValue: number;
  readonly styles: Readonly<
    Record<
      "library" | "tuned",
      {
        readonly largestGradient: number;
        readonly logProb: number;
        readonly loss: number;
        readonly gradient: number;
        readonly worst: string;
        readonly pushed: number;
        readonly torchLogProb: number;
        readonly torchLoss: number;
        readonly torchGradient: number;
        readonly torchPushed: number;
      }
    >
  >;
}

const HEAD = [
  "model",
  "ours",
  "script",
  "arrays",
  "log-density",
  "loss",
  "gradient",
  "largest gradient",
  "worst array",
  "noise pushed to data",
];

/** Shows that ours and the scripts compute the same: densities, loss and the gradients of all parameters. */
export async function gradients(args: readonly string[]): Promise<void> {
  const { values } = parseArgs({ args: [...args], options: { models: { type: "string" } } });
  const python = await findPython();
  if (python === undefined)
    throw new UsageError("bench: expected a Python with PyTorch, got none. See apps/bench/README.md.");
  const machine = describeMachine(python);
  const folder = await mkdtemp(join(tmpdir(), "pushforward-bench-"));
  const ways: readonly (readonly [BackendName, Build])[] = [
    ...builds.map((build) => ["wasm", build] as const),
    ["cpu", builds[0]],
  ];
  const figures: object[] = [];
  const rows: string[][] = [];
  try {
    for (const model of chosenModels(values.models)) {
      for (const [backend, build] of ways) {
        const way = backend === "wasm" ? `wasm ${build}` : backend;
        console.error(`${model.id}: ${way}`);
        const job: GradientsJob = { model, backend, file: join(folder, `${model.id}.safetensors`) };
        await runNode("gradients-once", job, build);
        const found = await runPython<Differences>(python, "differences.py", { model, file: job.file }, 1);
        figures.push({ model: model.id, way, ...found });
        for (const [style, one] of Object.entries(found.styles)) {
          rows.push([
            model.id,
            way,
            style,
            String(found.parameters),
            beside(one.logProb, one.torchLogProb),
            `${found.lossValue.toFixed(6)}: ${beside(one.loss, one.torchLoss)}`,
            beside(one.gradient, one.torchGradient),
            one.largestGradient.toPrecision(3),
            one.worst,
            beside(one.pushed, one.torchPushed),
          ]);
        }
      }
    }
  } finally {
    await rm(folder, { recursive: true });
  }
  const markdown = [
    "# Differences to PyTorch for the same weights",
    [
      ...machineLines(machine),
      "- largest absolute differences to a script in float64; in brackets those of the same script in float32",
    ].join("\n"),
    markdownTable(HEAD, rows),
  ].join("\n\n");
  await report("gradients", markdown, { machine, figures });
}

function beside(ours: number, torch: number): string {
  return `${ours.toExponential(1)} (${torch.toExponential(1)})`;
}
