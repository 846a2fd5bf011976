import { setImmediate } from "node:timers/promises";
import { meanNll, type TableRows, tableRows } from "@pushforward/tables/extend";
import { type Checkpoint, useBackend } from "pushforward";
import { beforeAll, expect, test } from "vitest";
import type { Progress } from "../../shared/protocol.ts";
import { parseSettings } from "../../shared/settings.ts";
import { chooseLayout, readData } from "../data/read-data.ts";
import { type NewModel, newModel } from "../data/shown-model.ts";
import { commandLine, holdOutRows } from "../data/trainer-data.ts";
import { epochsFor, PauseGate, type RunHooks, type RunStart, TrainingRun } from "./training-run.ts";

beforeAll(() => useBackend("cpu"));

const settings = parseSettings("rows=300&width=8&depth=1&transforms=2&steps=90&batch=60&flow=maf&seed=1");

async function prepared(): Promise<{ model: NewModel; validation: TableRows }> {
  const { table } = await readData(settings, undefined);
  const { train, validation } = holdOutRows(table, tableRows(table, chooseLayout(table, settings)), settings.seed);
  return { model: await newModel(settings, train, validation), validation };
}

interface Watched {
  readonly run: TrainingRun;
  readonly told: Progress[];
  readonly checkpoints: Checkpoint[];
}

/**
 * A run and its reports. The test hooks `checkpoint` and `stepped` act inside of the run: a test that waits for a
 * report and acts then can come after the end of a short training.
 */
function watched(
  model: NewModel,
  start?: RunStart,
  act: {
    readonly checkpoint?: (run: TrainingRun) => void;
    readonly stepped?: (run: TrainingRun, step: number) => Promise<void> | undefined;
  } = {},
): Watched {
  const told: Progress[] = [];
  const checkpoints: Checkpoint[] = [];
  const hooks: RunHooks = {
    progress: (progress) => void told.push(progress),
    stepped: (step) => act.stepped?.(run, step),
    checkpoint: (checkpoint) => {
      checkpoints.push(checkpoint);
      act.checkpoint?.(run);
    },
    paused: (checkpoint) => {
      if (checkpoint !== undefined) checkpoints.push(checkpoint);
    },
  };
  const run = new TrainingRun(model, settings, hooks, start);
  return { run, told, checkpoints };
}

/** Waits until the last report matches. */
async function untilTold(told: readonly Progress[], report: Partial<Progress>): Promise<void> {
  await expect.poll(() => told.at(-1), { interval: 2, timeout: 30_000 }).toMatchObject(report);
}

test("a run ends, tells where it stands, and its curve is in the units of the data", async () => {
  const { model, validation } = await prepared();
  const { run, told } = watched(model);
  const end = await run.run();
  expect(end).toMatchObject({ reason: "completed", step: 90 });
  expect(told.at(-1)).toMatchObject({ phase: "finished", step: 90, totalSteps: 90 });
  // What is told in pieces is the whole.
  expect(told.flatMap(({ validation: points }) => points)).toEqual(run.whole.validation);
  expect(run.validation[0]?.step).toBe(0);
  expect(Math.abs((run.whole.bestNll as number) - meanNll(model.flow, validation))).toBeLessThan(1e-5);
  model.flow.dispose();
});

test("a run that is stepped waits after each step, and ends with the same bits", async () => {
  const plain = await prepared();
  await watched(plain.model).run.run();
  const expected = meanNll(plain.model.flow, plain.validation);
  const stepped = await prepared();
  const { run, told } = watched(stepped.model);
  run.gate.stepOnce();
  const end = run.run();
  for (const step of [1, 2, 3]) {
    await untilTold(told, { phase: "paused", step });
    // Each step is a point of the curve.
    expect(run.train.at(-1)?.step).toBe(step);
    // A run that did not wait would take its next step in one of these turns.
    for (let turn = 0; turn < 50; turn++) await setImmediate();
    expect(run.whole.step).toBe(step);
    if (step < 3) run.gate.stepOnce();
  }
  run.gate.resume();
  expect(await end).toMatchObject({ reason: "completed", step: 90 });
  expect(meanNll(stepped.model.flow, stepped.validation)).toBe(expected);
  plain.model.flow.dispose();
  stepped.model.flow.dispose();
});

test("a training that diverges says what to do, in words of the page", async () => {
  const { model } = await prepared();
  const { run } = watched(model);
  run.setRate(1e30);
  const { reason, message } = await run.run();
  expect(reason).toBe("diverged");
  expect(message).toMatch(/^Training diverged at step \d+: .* Lower the learning rate, then train again\.$/);
  model.flow.dispose();
});

test("a run that pauses and one that goes on from its checkpoint end with the same bits", async () => {
  const plain = await prepared();
  await watched(plain.model).run.run();
  const expected = meanNll(plain.model.flow, plain.validation);

  const paused = await prepared();
  const first = watched(paused.model, undefined, {
    checkpoint: (run) => {
      if (first.checkpoints.length === 1) run.gate.pause();
    },
  });
  first.run.gate.pause();
  const end = first.run.run();
  // It waits before its first step; a pause later waits for a checkpoint.
  await untilTold(first.told, { phase: "paused", step: 0 });
  first.run.gate.resume();
  await untilTold(first.told, { phase: "paused", step: 20 });
  first.run.gate.resume();
  expect(await end).toMatchObject({ reason: "completed", step: 90 });
  expect(meanNll(paused.model.flow, paused.validation)).toBe(expected);

  const resumed = await prepared();
  const [checkpoint] = first.checkpoints;
  const start = { checkpoint: checkpoint as Checkpoint, rateScale: 1, progress: first.run.whole };
  const second = watched(resumed.model, start);
  const secondEnd = second.run.run();
  await untilTold(second.told, { phase: "paused", step: 20 });
  second.run.gate.resume();
  await secondEnd;
  expect(meanNll(resumed.model.flow, resumed.validation)).toBe(expected);
  for (const { model } of [plain, paused, resumed]) model.flow.dispose();
});

test("another learning rate counts from the next step on, and a stop ends the run", async () => {
  const { model } = await prepared();
  const { run, told, checkpoints } = watched(model, undefined, {
    checkpoint: ({ gate }) => {
      if (checkpoints.length === 1) gate.pause();
    },
    stepped: (running) => {
      if (running.whole.step === 21) running.stop();
    },
  });
  const end = run.run();
  await untilTold(told, { phase: "paused", step: 20 });
  const before = told.at(-1)?.learningRate as number;
  run.setRate(settings.rate / 10);
  run.gate.resume();
  expect(await end).toMatchObject({ reason: "aborted", step: 21 });
  expect(told.at(-1)?.learningRate).toBeLessThan(before / 9);
  model.flow.dispose();
});

test("the command line says the same run", async () => {
  const { table } = await readData(settings, undefined);
  const layout = chooseLayout(table, settings);
  const info = {
    ...{
      name: "moons",
      rows: 300,
      dropped: 0,
      layout,
      points: [],
      contexts: [],
      ranges: [],
      contextRanges: [],
      notes: [],
    },
    table: table.columns.map(({ name, kind }) => ({ name, kind })),
  };
  expect(epochsFor(settings, 270)).toBe(18);
  expect(commandLine(settings, info, 270)).toBe(
    "pushforward fit moons.csv --out model.safetensors --flow maf --transforms 2 --hidden 8 --batch-size 60 " +
      "--learning-rate 0.005 --epochs 18 --patience 20 --seed 1 --threads 1",
  );
  const file = { ...settings, data: "file", flow: "nsf", dropMissing: true, backend: "cpu" } as const;
  const given = { columns: ["b c"], context: [{ name: "kind", kind: "category", categories: ["x"] }] } as const;
  const named = [
    { name: "a", kind: "number" },
    { name: "b c", kind: "number" },
    { name: "kind", kind: "text" },
  ] as const;
  expect(commandLine(file, { ...info, name: "my data.csv", layout: given, table: named }, 270)).toContain(
    "fit 'my data.csv' --out model.safetensors --columns 'b c' --context kind --missing drop --flow nsf",
  );
});

/** Steps that pass a gate one after the other, and what happens at it. */
async function walk(gate: PauseGate, steps: number, told: string[]): Promise<void> {
  for (let step = 1; step <= steps; step++) {
    told.push(`step ${step}`);
    gate.stepped();
    await gate.wait(
      () => told.push("paused"),
      () => told.push("resumed"),
    );
  }
}

const settled = (): Promise<void> => new Promise((resolve) => setTimeout(resolve));

test("is open until it is paused, and open again when resumed", async () => {
  const gate = new PauseGate();
  const told: string[] = [];
  gate.pause();
  gate.pause();
  const walked = walk(gate, 2, told);
  await settled();
  expect(told).toEqual(["step 1", "paused"]);
  gate.resume();
  await walked;
  expect(told).toEqual(["step 1", "paused", "resumed", "step 2"]);
});

test("lets single steps through, each of which is followed by a pause", async () => {
  const gate = new PauseGate();
  const told: string[] = [];
  gate.stepOnce();
  const walked = walk(gate, 3, told);
  await settled();
  expect(told).toEqual(["step 1", "paused"]);
  gate.stepOnce();
  await settled();
  expect(told).toEqual(["step 1", "paused", "resumed", "step 2", "paused"]);
  gate.resume();
  await walked;
  expect(told.at(-1)).toBe("step 3");
});

test("who pauses while it opens waits again", async () => {
  const gate = new PauseGate();
  const told: string[] = [];
  gate.pause();
  const walked = walk(gate, 1, told);
  gate.resume();
  gate.pause();
  await settled();
  expect(told).toEqual(["step 1", "paused", "resumed", "paused"]);
  gate.resume();
  await walked;
});

test("a run waits for the pictures of its first steps, does not count that time, and ends with the same bits", async () => {
  const plain = await prepared();
  await watched(plain.model).run.run();
  const expected = meanNll(plain.model.flow, plain.validation);
  const early = await prepared();
  const drawn: number[] = [];
  const { run } = watched(early.model, undefined, {
    stepped: (_, step) =>
      step > 4
        ? undefined
        : new Promise((resolve) => {
            setTimeout(() => {
              drawn.push(step, run.whole.step);
              resolve();
            }, 200);
          }),
  });
  const start = performance.now();
  const { seconds, step } = await run.run();
  expect(step).toBe(90);
  // While a picture is drawn, no other step is taken.
  expect(drawn).toEqual([1, 1, 2, 2, 3, 3, 4, 4]);
  expect((performance.now() - start) / 1000 - seconds).toBeGreaterThan(0.7);
  expect(meanNll(early.model.flow, early.validation)).toBe(expected);
  plain.model.flow.dispose();
  early.model.flow.dispose();
});
