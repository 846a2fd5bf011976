import { parseArgs } from "node:util";
import type { BackendName } from "pushforward";
import { type ModelSpec, models } from "../models/models.ts";
import { backendName, positiveNumber, UsageError, wholeNumber } from "../options.ts";
import { builds, type Measurement, type OurJob, runNode, tableRows } from "../processes/job.ts";
import { describeMachine, machineLines } from "../processes/machine.ts";
import { exponents, type GrowthPoint, markdownTable, median, milliseconds, report } from "../report/report.ts";

/** A way to make a model larger. */
interface Axis {
  readonly values: readonly number[];
  readonly change: (value: number) => Partial<ModelSpec>;
}

const axes: Readonly<Record<string, Axis>> = {
  batch: { values: [64, 128, 256, 512, 1024, 2048, 4096, 8192], change: (batch) => ({ batch }) },
  features: { values: [2, 4, 8, 16, 32, 64], change: (features) => ({ features }) },
  transforms: { values: [1, 2, 5, 10, 20], change: (transforms) => ({ transforms }) },
  hidden: { values: [32, 64, 128, 256, 512, 1024], change: (width) => ({ hidden: [width, width] }) },
};

/** How the time of a training step grows with the size of the model. */
export async function growth(args: readonly string[]): Promise<void> {
  const { values } = parseArgs({
    args: [...args],
    options: {
      seconds: { type: "string" },
      rounds: { type: "string" },
      axes: { type: "string" },
      backend: { type: "string" },
    },
  });
  const machine = describeMachine(undefined);
  const seconds = positiveNumber("seconds", values.seconds ?? "1");
  const rounds = wholeNumber("rounds", values.rounds ?? "3");
  const backend = backendName("backend", values.backend ?? "wasm");
  const chosen = values.axes?.split(",") ?? Object.keys(axes);
  const figures: Record<string, readonly GrowthPoint[]> = {};
  const sections: string[] = [];
  for (const name of chosen) {
    const axis = axes[name];
    if (axis === undefined) {
      throw new UsageError(`bench: expected --axes of ${Object.keys(axes).join(", ")}, got ${name}.`);
    }
    const specs = axis.values.map((value): ModelSpec => ({ ...(models[0] as ModelSpec), ...axis.change(value) }));
    const found = specs.map((): number[] => []);
    for (let round = 0; round < rounds; round++) {
      for (const [i, model] of specs.entries()) {
        console.error(`${name} ${axis.values[i]}, round ${round + 1} of ${rounds}`);
        found[i]?.push(await stepTime(model, backend, seconds));
      }
    }
    const points = axis.values.map((value, i) => ({
      value,
      work: work(specs[i] as ModelSpec),
      milliseconds: median(found[i] ?? []),
    }));
    figures[name] = points;
    sections.push(`## ${name}\n\n${growthTable(name, points)}`);
  }
  const markdown = [
    "# Growth of a training step",
    [
      ...machineLines(machine),
      "- model a (MAF, d 2, 5 × (64, 64), batch 256) with one size changed; work: multiply-adds of the forward pass, " +
        "counted without masks",
      `- rounds: ${rounds}; median of the runs' medians; one thread, on ${backend}`,
      "- exponent: log of the ratio of times by log of the ratio of work, from the row before; at most 1 is linear",
    ].join("\n"),
    ...sections,
  ].join("\n\n");
  await report("growth", markdown, { machine, figures });
}

async function stepTime(model: ModelSpec, backend: BackendName, seconds: number): Promise<number> {
  const job: OurJob = {
    model,
    tasks: [{ id: "step", name: "step", rows: model.batch }],
    seconds,
    threads: 1,
    rows: tableRows(model),
    backend,
    program: "ours",
  };
  const { times } = await runNode<Measurement>("measure", job, builds[0]);
  return times["step"]?.median ?? Number.NaN;
}

function growthTable(name: string, points: readonly GrowthPoint[]): string {
  const found = exponents(points);
  const rows = points.map((point, i) => [
    String(point.value),
    milliseconds(point.milliseconds),
    `${(point.work / 1e6).toFixed(1)} M`,
    found[i]?.toFixed(2) ?? "–",
  ]);
  return markdownTable([name, "step ms", "work", "exponent"], rows);
}

/** Multiply-adds of the networks in a forward pass. */
function work({ batch, features, transforms, hidden }: ModelSpec): number {
  const widths = [features, ...hidden, 2 * features];
  return batch * transforms * widths.slice(1).reduce((sum, width, i) => sum + width * (widths[i] as number), 0);
}
