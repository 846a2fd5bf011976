import type { Worker } from "node:worker_threads";
import { BackendError, createKey } from "@pushforward/core";
import { currentExecutor, type Plan, type PlanTrainer, withTraining } from "@pushforward/core/extend";
import { operationData } from "@pushforward/core/plain";
import { nsf } from "@pushforward/flows";
import { stepKinds } from "@pushforward/kernels";
import { planLogProb } from "@pushforward/ops";
import { afterEach, beforeAll, expect, onTestFinished, test, vi } from "vitest";
import { describeBackend, useBackend } from "../index.ts";

const ROWS = 100;
const model = nsf({ features: 3, key: createKey(1), transforms: 2, hidden: [16] });
const x = createKey(3).normal(3 * ROWS);
const seed = createKey(4).normal(ROWS);
const threads = process.getBuiltinModule("node:worker_threads");
let plan: Plan;

beforeAll(async () => {
  await useBackend("wasm");
  plan = planLogProb(model, 3).plan as Plan;
});
afterEach(() => vi.restoreAllMocks());

async function trainer(count: number, of: Plan = plan): Promise<PlanTrainer> {
  const trained = model.parameters().values();
  return await (currentExecutor()?.train(of, { rows: ROWS, trained, threads: count }) as Promise<PlanTrainer>);
}

/** The output and all gradients of the first rows. */
function step(trainer: PlanTrainer, rows: number): Float32Array[] {
  const { output, gradients } = trainer.step([x.subarray(0, 3 * rows)], seed.subarray(0, rows));
  return [output.slice(), ...Array.from(gradients.values(), (gradient) => gradient.dataSync().slice() as Float32Array)];
}

test.each([2, 3, 5])(
  "%i threads give the gradients of one, for batches of any size, and the same bits again",
  async (n) => {
    const [alone, first, again] = [await trainer(1), await trainer(n), await trainer(n)];
    // The last has fewer blocks of rows than there are threads, and comes between two others.
    for (const rows of [100, 33, 3, 100]) {
      const [expected, actual] = [step(alone, rows), step(first, rows)];
      expect(step(again, rows)).toEqual(actual);
      for (const [i, array] of actual.entries()) {
        const largest = Math.max(1, ...(expected[i] as Float32Array).map(Math.abs));
        const error = Math.max(...array.map((value, j) => Math.abs(value - (expected[i]?.[j] as number))));
        // A few roundings of the sum over the rows.
        expect(error / largest, `${rows} rows, array ${i}`).toBeLessThan(1e-6);
      }
    }
    for (const one of [alone, first, again]) one.dispose();
  },
);

test("threads drop what one drops, in batches of any size", async () => {
  using dropping = nsf({
    features: 3,
    key: createKey(1),
    transforms: 2,
    hidden: [16, 16],
    residual: true,
    dropout: 0.5,
  });
  for (const [path, parameter] of dropping.parameters()) {
    const noise = createKey(2).fold(path).normal(parameter.read().length);
    if (parameter.trainable) parameter.write(parameter.read().map((v, i) => v + 0.3 * (noise[i] as number)));
  }
  const trained = [...dropping.parameters().values()];
  const of = planLogProb(dropping, 3).plan as Plan;
  const [alone, three] = await Promise.all(
    [1, 3].map((threads) => currentExecutor()?.train(of, { rows: ROWS, trained, threads }) as Promise<PlanTrainer>),
  );
  const random = (one: PlanTrainer, rows: number, number: number): Float32Array[] =>
    withTraining(dropping, createKey(number), () => step(one, rows));
  for (const [number, rows] of [100, 33, 3, 100].entries()) {
    const [expected, actual] = [random(alone as PlanTrainer, rows, number), random(three as PlanTrainer, rows, number)];
    for (const [i, array] of actual.entries()) {
      const largest = Math.max(1, ...(expected[i] as Float32Array).map(Math.abs));
      const error = Math.max(...array.map((value, j) => Math.abs(value - (expected[i]?.[j] as number))));
      expect(error / largest, `${rows} rows, array ${i}`).toBeLessThan(1e-6);
    }
    expect(random(three as PlanTrainer, rows, number)).toEqual(actual);
    expect(random(three as PlanTrainer, rows, number + 10)[0]).not.toEqual(actual[0]);
    // Outside of a step of training nothing is dropped.
    expect(step(three as PlanTrainer, rows)[0]).not.toEqual(actual[0]);
    expect(step(three as PlanTrainer, rows)[0]).toEqual(step(alone as PlanTrainer, rows)[0]);
  }
  for (const one of [alone, three]) one?.dispose();
});

test("workers see parameters that were assigned, trained or not", async () => {
  const [alone, pair] = [await trainer(1), await trainer(2)];
  step(pair, ROWS);
  // Kernels look at masks once.
  for (const parameter of model.parameters().values()) {
    parameter.write(parameter.read().map((value) => (parameter.trainable ? value / 2 : 0)));
  }
  const [expected, actual] = [step(alone, ROWS)[0], step(pair, ROWS)[0]];
  for (const [i, value] of (actual as Float32Array).entries()) expect(value).toBeCloseTo(expected?.[i] as number, 5);
  alone.dispose();
  pair.dispose();
});

test("workers end with their trainer, and do not keep the process alive", async () => {
  const { workers, exits } = watchWorkers();
  const ports = (): number => process.getActiveResourcesInfo().filter((name) => name === "MessagePort").length;
  const before = ports();
  const three = await trainer(3);
  step(three, ROWS);
  expect(ports()).toBeLessThanOrEqual(before);
  expect(workers).toHaveLength(2);
  three.dispose();
  three.dispose();
  await Promise.all(exits);
});

test("a worker that fails, or ends, makes the step fail", async () => {
  // The program of the workers does not know this operation.
  Object.assign(stepKinds, { strange: stepKinds.sumColumns });
  Object.assign(operationData, { strange: operationData.sumColumns });
  onTestFinished(() => {
    for (const known of [stepKinds, operationData]) Reflect.deleteProperty(known, "strange");
  });
  const steps = JSON.parse(JSON.stringify(plan.steps).replaceAll('"sumColumns"', '"strange"'));
  const failing = await trainer(2, { ...plan, steps });
  const failed = /^threads: expected all to keep running, got TypeError: .*\. Train on one thread\.$/;
  expect(() => step(failing, ROWS)).toThrow(BackendError);
  expect(() => step(failing, ROWS)).toThrow(failed);
  failing.dispose();

  const { workers } = watchWorkers();
  const ended = await trainer(2);
  await workers[0]?.terminate();
  expect(() => step(ended, ROWS)).toThrow("threads: expected all to keep running, got a worker that has ended.");
  ended.dispose();
});

test("where workers can't start there is one thread, and the description says why", async () => {
  function refuse(): never {
    throw new Error("no workers today");
  }
  const start = vi.spyOn(threads, "Worker").mockImplementation(refuse);
  const alone = await trainer(2);
  expect(start).toHaveBeenCalledOnce();
  expect(step(alone, ROWS)).toHaveLength(1 + [...model.parameters().values()].filter((p) => p.trainable).length);
  alone.dispose();
  const described = await describeBackend();
  expect(described).toMatchObject({ threads: 1, notes: ["one thread: the others did not start: no workers today"] });
  start.mockRestore();
  (await trainer(2)).dispose();
  expect((await describeBackend()).notes).not.toContain(described.notes[0]);
});

test("the cpu backend has one thread", async () => {
  await useBackend("cpu");
  const start = vi.spyOn(threads, "Worker");
  const alone = currentExecutor()?.train(plan, { rows: ROWS, trained: model.parameters().values(), threads: 4 });
  expect(alone).not.toBeInstanceOf(Promise);
  expect(start).not.toHaveBeenCalled();
  (alone as PlanTrainer).dispose();
  await useBackend("wasm");
});

/** The workers that start from now on, and their ends. */
function watchWorkers(): { workers: Worker[]; exits: Promise<unknown>[] } {
  const watched = { workers: [] as Worker[], exits: [] as Promise<unknown>[] };
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
