import { execFile } from "node:child_process";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import type { Worker } from "node:worker_threads";
import * as tf from "@tensorflow/tfjs-core";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { BACKENDS, DEEP } from "../../../testing/test/deep.ts";
import {
  BackendError,
  columnWorkers,
  createKey,
  encodeModel,
  type FitTableDensityOptions,
  fitTableDensity,
  fitTableDensityEvents,
  standardRegistry,
  type Table,
  useBackend,
} from "../index.ts";

const key = createKey(20261201);
const options = { key, maxEpochs: 2, members: 1, hidden: [8], folds: 1 } as const;

const [u, z] = [key.fold("u").uniform(60), key.fold("z").normal(120)];
const at = (i: number): number => z[i] as number;
const table: Table = {
  rows: 60,
  columns: [
    { name: "word", kind: "text", values: Array.from(u, (value) => (value < 0.4 ? "low" : "high")) },
    { name: "x", kind: "number", values: Float64Array.from(u, (value, i) => 3 * value + 0.5 * at(i)) },
    { name: "y", kind: "number", values: Float64Array.from(u, (value, i) => Math.sin(4 * value) + 0.1 * at(60 + i)) },
  ],
};

// The workers run what was built, as where the package is installed.
const started: Worker[] = [];
let alive = 0;
function watch(worker: Worker): void {
  started.push(worker);
  alive++;
  worker.once("exit", () => alive--);
}
beforeEach(() => {
  started.length = 0;
  process.on("worker", watch);
});
afterEach(() => {
  process.off("worker", watch);
  expect(alive).toBe(0);
});

async function bitsOf(more: Partial<FitTableDensityOptions>): Promise<string> {
  const { model } = await fitTableDensity(table, { ...options, ...more });
  const bytes = encodeModel(model, standardRegistry);
  model.dispose();
  return Buffer.from(bytes).toString("base64");
}

test("workers need a backend to start", async () => {
  await expect(columnWorkers.open(1)).rejects.toThrow("expected a backend that useBackend has started, got none");
});

test.each(BACKENDS)("workers of Node run the same backend, here %s, and give the same bits", async (name) => {
  await useBackend(name);
  const here = await bitsOf({ threads: 1 });
  expect(started).toHaveLength(0);
  expect(await bitsOf({ threads: 2 })).toBe(here);
  expect(started).toHaveLength(2);
});

test("without workers, threads start none", async () => {
  await bitsOf({ threads: 2, workers: undefined });
  expect(started).toHaveLength(0);
});

describe("a worker that ends", () => {
  test("ends the fit with an error that says so", async () => {
    await useBackend("wasm");
    const before = tf.memory().numTensors;
    const fit = async (): Promise<void> => {
      for await (const event of fitTableDensityEvents(table, { ...options, maxEpochs: 5000, threads: 2 })) {
        if (event.type === "training") void started[0]?.terminate();
      }
    };
    const error: unknown = await fit().catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(BackendError);
    expect(String(error)).toContain(
      "expected all to keep running, got one that has ended. Train in this thread: pass threads: 1.",
    );
    expect(tf.memory().numTensors).toBe(before);
  });

  test("before it trains leaves the work to this thread, which says so", async () => {
    await useBackend("wasm");
    const end = (worker: Worker): void => void worker.terminate();
    process.on("worker", end);
    try {
      for await (const event of fitTableDensityEvents(table, { ...options, threads: 2 })) {
        if (event.type !== "start") continue;
        expect(event.workersNote).toBe(
          "all columns are trained in this thread, because workers can't start: " +
            "columnWorkers: expected workers to start, got one that has ended.",
        );
        break;
      }
    } finally {
      process.off("worker", end);
    }
    expect(alive).toBe(0);
  });
});

test.runIf(DEEP)(
  "a process ends with its fit, and when the fit is left without being ended",
  { timeout: 60_000 },
  async () => {
    const library = fileURLToPath(new URL("../../dist/index.js", import.meta.url));
    const program = `
    import { createKey, fitTableDensityEvents, penguins, fitTableDensity, useBackend } from ${JSON.stringify(library)};
    await useBackend("wasm");
    const options = { key: createKey(0), maxEpochs: 1, hidden: [8], folds: 1, members: 1, threads: 2 };
    const { model } = await fitTableDensity(penguins(), options);
    console.log(model.columns.length);
    const events = fitTableDensityEvents(penguins(), { ...options, maxEpochs: 5000 });
    for (let i = 0; i < 5; i++) await events.next();
    console.log("left");
  `;
    const run = promisify(execFile)(process.execPath, ["--input-type=module", "--eval", program], { timeout: 50_000 });
    expect((await run).stdout).toBe("7\nleft\n");
  },
);
