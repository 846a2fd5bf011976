import { cpus, loadavg } from "node:os";
import { type BackendName, createKey, type Flow, fit, maf, ndArray, nsf, realNvp, useBackend } from "pushforward";

interface Model {
  readonly name: string;
  readonly features: number;
  readonly batch: number;
  make(): Flow;
}

const models: readonly Model[] = [
  model("maf, d 2, 5 × (64, 64)", 2, 256, () => maf({ features: 2, key: createKey(0) })),
  model("nsf, d 2, 5 × (64, 64), 8 bins", 2, 256, () => nsf({ features: 2, transforms: 5, key: createKey(0) })),
  model("coupling nsf, d 8, 5 × (50, 50), 10 bins", 8, 512, () =>
    nsf({ features: 8, transforms: 5, hidden: [50, 50], bins: 10, bound: 3, coupling: true, key: createKey(0) }),
  ),
  model("realNvp, d 8", 8, 256, () => realNvp({ features: 8, key: createKey(0) })),
];

function model(name: string, features: number, batch: number, make: () => Flow): Model {
  return { name, features, batch, make };
}

/** Prints medians of the time of a training step, of logProb and of sampling, on both backends, as a Markdown table. */
export async function stepTimes(): Promise<void> {
  console.log(
    `${cpus()[0]?.model}, Node ${process.versions.node}, load ${loadavg()
      .map((l) => l.toFixed(1))
      .join(" ")}\n`,
  );
  console.log("| model | batch | backend | training step ms (cpu ms) | logProb ms | sample ms |");
  console.log("| --- | --- | --- | --- | --- | --- |");
  for (const { name, features, batch, make } of models) {
    for (const backend of ["wasm", "cpu"] as const) console.log(await row(name, features, batch, make, backend));
  }
}

async function row(
  name: string,
  features: number,
  batch: number,
  make: () => Flow,
  backend: BackendName,
): Promise<string> {
  await useBackend(backend);
  const key = createKey(1);
  const flow = make();
  const steps = backend === "wasm" ? 60 : 20;
  const data = ndArray([8 * batch, features], key.normal(8 * batch * features));
  const times: number[] = [];
  let last = performance.now();
  const cpu = process.cpuUsage();
  for await (const event of fit(flow, data, { key, batchSize: batch, maxSteps: steps, validation: 0 })) {
    if (event.type !== "step") continue;
    times.push(performance.now() - last);
    last = performance.now();
  }
  const { user, system } = process.cpuUsage(cpu);
  const x = flow.sample(key, [batch]);
  const logProb = timed(steps, () => flow.logProb(x).dispose());
  const sample = timed(steps, () => flow.sample(key, [batch]).dispose());
  x.dispose();
  flow.dispose();
  const step = `${median(times).toFixed(2)} (${((user + system) / 1000 / steps).toFixed(2)})`;
  return `| ${name} | ${batch} | ${backend} | ${step} | ${logProb.toFixed(2)} | ${sample.toFixed(2)} |`;
}

function timed(times: number, run: () => void): number {
  const all = Array.from({ length: times }, () => {
    const start = performance.now();
    run();
    return performance.now() - start;
  });
  return median(all);
}

function median(values: readonly number[]): number {
  return [...values].sort((a, b) => a - b)[values.length >> 1] as number;
}
