import type { Worker } from "node:worker_threads";
import { type BackendName, useBackend } from "@pushforward/backend";
import { createKey, OptionError, type ParameterTree } from "@pushforward/core";
import { maf } from "@pushforward/flows";
import { beforeAll, expect, onTestFinished, test } from "vitest";
import { train, trainEvents } from "./train.ts";
import type { TrainOptions } from "./train-options.ts";

const key = createKey(5);
const values = key.normal(400);
// The last of the batches of 64 has 8 rows.
const rows = Array.from({ length: 200 }, (_, i) => [values[2 * i] as number, (values[2 * i + 1] as number) ** 2]);
const options = { key, validation: 0, batchSize: 64, maxSteps: 12, learningRate: 0.01 };
const newModel = () => maf({ features: 2, key, transforms: 2, hidden: [16] });
const bits = (tree: ParameterTree): unknown => Array.from(tree.values(), (parameter) => parameter.read());

beforeAll(() => useBackend("wasm"));

async function losses(more: Partial<TrainOptions>, switches: Record<number, BackendName> = {}): Promise<number[]> {
  using model = newModel();
  const seen: number[] = [];
  for await (const event of trainEvents(model, rows, { ...options, ...more })) {
    if (event.type !== "step") continue;
    seen.push(event.loss);
    const next = switches[event.step];
    if (next !== undefined) await useBackend(next);
  }
  return seen;
}

function expectClose(actual: number[], expected: number[]): void {
  expect(actual).toHaveLength(expected.length);
  for (const [i, value] of actual.entries()) expect(Math.abs(value - (expected[i] as number))).toBeLessThan(1e-5);
}

test("threads change nothing but roundings; the same number gives the same bits", async () => {
  const alone = await losses({ threads: 1 });
  for (const threads of [2, 3]) {
    const once = await losses({ threads });
    expectClose(once, alone);
    expect(await losses({ threads })).toEqual(once);
  }
  const model = [newModel(), newModel()];
  for (const one of model) await train(one, rows, { ...options, threads: 2 });
  expect(bits(model[0]?.parameters() as ParameterTree)).toEqual(bits(model[1]?.parameters() as ParameterTree));
});

test("a fit goes on over switches of the backend, and on threads when it is back", async () => {
  const { workers, exits } = watchWorkers();
  const switches = { 3: "cpu", 6: "wasm" } as const;
  const switched = await losses({ threads: 2 }, switches);
  expect(workers).toHaveLength(2);
  await Promise.all(exits);
  expectClose(switched, await losses({ threads: 1 }));
  expect(await losses({ threads: 2 }, switches)).toEqual(switched);
});

test.each(["completed", "aborted", "left", "thrown", "failed"])("no worker outlives a fit that is %s", async (end) => {
  const { workers, exits } = watchWorkers();
  const abort = new AbortController();
  using model = newModel();
  const run = async (): Promise<void> => {
    for await (const event of trainEvents(model, rows, { ...options, threads: 3, signal: abort.signal })) {
      if (event.type !== "step" || event.step < 4) continue;
      if (end === "aborted") abort.abort();
      if (end === "left") break;
      if (end === "thrown") throw new Error("enough");
      if (end === "failed") await workers[0]?.terminate();
    }
  };
  const failure = { thrown: "enough", failed: "threads: expected all to keep running, got a worker that has ended." }[
    end
  ];
  if (failure === undefined) await run();
  else await expect(run()).rejects.toThrow(failure);
  expect(workers).toHaveLength(2);
  await Promise.all(exits);
});

test("a short fit is not worth a thread", async () => {
  const { workers } = watchWorkers();
  expect(await losses({})).toEqual(await losses({ threads: 1 }));
  expect(workers).toEqual([]);
});

test.each([0, -1, 1.5, Number.NaN, "two"])("threads: %j is refused", async (threads) => {
  const refused = losses({ threads: threads as number });
  await expect(refused).rejects.toThrow(OptionError);
  await expect(refused).rejects.toThrow('train: expected threads to be "auto" or an integer from 1, got ');
});

/** The workers that start from now on, and their ends. */
function watchWorkers(): { workers: Worker[]; exits: Promise<unknown>[] } {
  const watched = { workers: [] as Worker[], exits: [] as Promise<unknown>[] };
  const threads = process.getBuiltinModule("node:worker_threads");
  const Original = threads.Worker;
  class Watched extends Original {
    constructor(...options: ConstructorParameters<typeof Original>) {
      super(...options);
      watched.workers.push(this);
      watched.exits.push(new Promise((resolve) => this.once("exit", resolve)));
    }
  }
  threads.Worker = Watched;
  onTestFinished(() => {
    threads.Worker = Original;
  });
  return watched;
}
