import { useBackend } from "@pushforward/backend";
import { conditionersCodecs } from "@pushforward/conditioners/extend";
import { BackendError, createKey, OptionError, ShapeError, TrainingDivergedError } from "@pushforward/core";
import type { WorkerPort } from "@pushforward/core/plain";
import type { Table } from "@pushforward/datasets";
import { createTable } from "@pushforward/datasets/extend";
import { encodeModel } from "@pushforward/serialization";
import { createRegistry } from "@pushforward/serialization/extend";
import * as tf from "@tensorflow/tfjs-core";
import { afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { DEEP, firstOf } from "../../../../../testing/test/deep.ts";
import { tablesCodecs } from "../../../codecs.ts";
import type { FitTableDensityEvent } from "../fit-rows.ts";
import {
  type FitTableDensityOptions,
  type FitTableDensityResult,
  fitTableDensity,
  fitTableDensityEvents,
} from "../fit-table-density.ts";
import type { TableCheckpoint } from "../table-checkpoints.ts";
import { type ColumnWorkers, type NetworkReply, PortTrainer, serveNetworks } from "../workers.ts";

const key = createKey(20261130);
const registry = createRegistry(...conditionersCodecs, ...tablesCodecs);
const held = { key, maxEpochs: 4, members: 2, hidden: [8], folds: 1 } as const;
const folded = { key, maxEpochs: 3, hidden: [8], folds: 3 } as const;

/** A word, numbers that depend on it and on each other, and a copy that follows. */
function rowsOf(rows: number): Table {
  const [u, z] = [key.fold("u").uniform(rows), key.fold("z").normal(3 * rows)];
  const at = (i: number): number => z[i] as number;
  const x = Float64Array.from(u, (value, i) => 3 * value + 0.5 * at(i));
  const y = x.map((value, i) => Math.sin(4 * value) + 0.1 * at(rows + i));
  return createTable([
    {
      name: "word",
      kind: "text",
      values: Array.from(u, (value) => (value < 0.3 ? "low" : value < 0.6 ? "mid" : "high")),
    },
    { name: "x", kind: "number", values: x },
    { name: "y", kind: "number", values: y },
    { name: "twice", kind: "number", values: y.map((value) => 2 * value) },
    { name: "z", kind: "number", values: y.map((value, i) => value * (x[i] as number) + 0.1 * at(2 * rows + i)) },
  ]);
}
const table = rowsOf(160);
const relations = [{ column: "twice", from: ["y"], relation: { type: "linear", weights: [2], plus: 0 } }] as never;

/** Workers of this thread, behind channels: all is sent as to others. */
class Workers implements ColumnWorkers {
  readonly trainers: PortTrainer[] = [];
  isClosed = false;
  readonly count = (): number => this.most;
  private readonly most: number;
  private readonly ports: MessagePort[] = [];
  private readonly change: (reply: NetworkReply) => NetworkReply;

  constructor(most: number, change: (reply: NetworkReply) => NetworkReply = (reply) => reply) {
    this.most = most;
    this.change = change;
  }

  readonly open = async (): Promise<{ readonly trainers: readonly PortTrainer[]; close(): void }> => {
    for (let k = 0; k < this.most; k++) {
      const { port1, port2 } = new MessageChannel();
      this.ports.push(port1, port2);
      const server: WorkerPort = {
        onmessage: null,
        postMessage: (message, transfer = []) => port2.postMessage(this.change(message as NetworkReply), transfer),
      };
      port2.onmessage = (event: MessageEvent<unknown>) => server.onmessage?.(event);
      serveNetworks(server);
      this.trainers.push(new PortTrainer(port1 as unknown as WorkerPort));
    }
    const close = (): void => {
      this.isClosed = true;
      for (const port of this.ports) port.close();
    };
    return { trainers: this.trainers, close };
  };
}

/** All that must not depend on workers, as text: a mismatch of bytes one by one would take seconds to print. */
function bitsOf({ model, columns, validationLogProb, validationNll, marginalNll }: FitTableDensityResult): string {
  const bytes = encodeModel(model, registry);
  model.dispose();
  const figures = columns.map(({ seconds: _, ...column }) => column);
  const rows = Array.from(validationLogProb, ([name, { buffer }]) => [name, Buffer.from(buffer).toString("base64")]);
  return JSON.stringify([Buffer.from(bytes).toString("base64"), figures, rows, validationNll, marginalNll]);
}

const fitted = async (options: FitTableDensityOptions): Promise<string> =>
  bitsOf(await fitTableDensity(table, { relations, ...options }));

async function collect(
  options: FitTableDensityOptions,
  watch: (event: FitTableDensityEvent) => void = () => {},
): Promise<{ events: FitTableDensityEvent[]; result: FitTableDensityResult }> {
  const events: FitTableDensityEvent[] = [];
  const fit = fitTableDensityEvents(table, { relations, ...options });
  for (;;) {
    const next = await fit.next();
    if (next.done) return { events, result: next.value };
    events.push(next.value);
    watch(next.value);
  }
}

let tensors = 0;
beforeAll(() => useBackend("wasm"));
beforeEach(() => {
  tensors = tf.memory().numTensors;
});
afterEach(() => expect(tf.memory().numTensors).toBe(tensors));

describe.each([
  ["held-out rows", held, [1, 2, 3]],
  ["folds", folded, [1, 2, 3]],
  ...(DEEP ? ([["a network that makes way for a wider one", { key, maxEpochs: 3, members: 1 }, [2]]] as const) : []),
] as const)("with %s", (_, options, counts) => {
  test("any number of workers gives the same bits as this thread", async () => {
    const here = await fitted(options);
    for (const count of counts) {
      const workers = new Workers(count);
      expect(await fitted({ ...options, workers, threads: 3 }), `${count} workers`).toBe(here);
      expect(workers.trainers).toHaveLength(count);
      expect(workers.isClosed).toBe(true);
    }
  });
});

describe("workers", () => {
  test("train columns at the same time, and tell the events of each in order", async () => {
    const { events, result } = await collect({ ...held, workers: new Workers(3), threads: 3 });
    result.model.dispose();
    expect(events[0]).toMatchObject({ type: "start", workers: 3 });
    const training = events.flatMap((event) => (event.type === "training" ? [event] : []));
    const names = training.map(({ column }) => column);
    expect(names.indexOf("z")).toBeLessThan(names.lastIndexOf("x"));
    const here = await collect(held);
    here.result.model.dispose();
    const alone = here.events.flatMap((event) => (event.type === "training" ? [event] : []));
    for (const column of ["x", "y", "z"]) {
      const told = (all: typeof training) =>
        all
          .filter((event) => event.column === column)
          .map(({ member, event }) => [member, event.type, "step" in event ? event.step : -1]);
      expect(told(training)).toEqual(told(alone));
    }
  });

  test("are not started where the fit is small, and never with one thread", async () => {
    for (const threads of ["auto", 1] as const) {
      const workers = new Workers(2);
      const { events, result } = await collect({ ...held, workers, threads });
      result.model.dispose();
      expect(workers.trainers).toHaveLength(0);
      expect(events[0]).toMatchObject({ workers: 0 });
      expect(events[0]).not.toHaveProperty("workersNote");
    }
    await expect(fitTableDensity(table, { ...held, threads: 0 })).rejects.toThrow(
      new OptionError('fitTableDensity: expected threads to be "auto" or an integer from 1, got 0.'),
    );
  });

  test("that can't start leave the work to this thread, which says so", async () => {
    const open = () => Promise.reject(new BackendError("columnWorkers: expected workers to start, got none."));
    const { events, result } = await collect({ ...held, workers: { count: () => 2, open }, threads: 2 });
    expect(events[0]).toMatchObject({ workers: 0, workersNote: expect.stringContaining("expected workers to start") });
    expect(bitsOf(result)).toBe(await fitted(held));
  });

  test("do not run ahead of who takes no events", async () => {
    let sent = 0;
    const workers = new Workers(2, (reply) => {
      sent++;
      return reply;
    });
    const options = { ...held, maxEpochs: 3000, members: 1, workers, threads: 2 } as const;
    const fit = fitTableDensityEvents(table, { relations, ...options });
    for (;;) {
      const { value } = await fit.next();
      if ((value as FitTableDensityEvent).type === "training") break;
    }
    await new Promise((resolve) => setTimeout(resolve, 900));
    expect(sent).toBeGreaterThan(2);
    expect(sent).toBeLessThanOrEqual(2 * 4);
    await fit.return(undefined as never);
    expect(workers.isClosed).toBe(true);
  });
});

describe("a fit on workers", () => {
  test("that is aborted ends soon, with what there is", async () => {
    const abort = new AbortController();
    const workers = new Workers(2);
    const options = { ...held, maxEpochs: 5000, workers, threads: 2, signal: abort.signal };
    let after = 0;
    const { result } = await collect(options, (event) => {
      if (abort.signal.aborted && event.type === "training" && event.event.type === "epoch") after++;
      if (event.type === "training" && event.event.type === "epoch") abort.abort();
    });
    expect(result.reason).toBe("aborted");
    expect(result.columns.map(({ column }) => column)).toEqual(["word", "x", "y", "twice", "z"]);
    expect(after).toBeLessThan(1000);
    expect(result.model.logProb(table).every(Number.isFinite)).toBe(true);
    result.model.dispose();
  });

  test("ends with the error of a worker, of its class, and leaves nothing behind", async () => {
    const detail = { step: 3, epoch: 1, learningRate: 0.1, loss: Number.NaN };
    for (const error of [new ShapeError("fit: expected a, got b."), new TrainingDivergedError("fit: NaN.", detail)]) {
      let count = 0;
      const { name, message } = error;
      const workers = new Workers(2, (reply) =>
        reply.type === "done" && ++count === 3
          ? { type: "failed", error: { name, message, ...("detail" in error && { detail }) } }
          : reply,
      );
      await expect(fitTableDensity(table, { ...held, relations, workers, threads: 2 })).rejects.toThrow(error);
      expect(workers.isClosed).toBe(true);
    }
  });

  test("ends when a worker is gone", async () => {
    const workers = new Workers(2);
    const gone = new BackendError("columnWorkers: expected all to keep running, got one that has ended.");
    const fit = collect({ ...held, maxEpochs: 5000, workers, threads: 2 }, (event) => {
      if (event.type === "training" && event.event.type === "epoch") workers.trainers[1]?.fail(gone);
    });
    await expect(fit).rejects.toThrow(gone);
    expect(workers.isClosed).toBe(true);
    // Here the one that is gone still has its network, because it is no other thread.
    tensors = tf.memory().numTensors;
  });

  test("ends with the error of who saves its checkpoints", async () => {
    const workers = new Workers(2);
    const save = () => Promise.reject(new RangeError("disk full"));
    const checkpoint = { every: { epochs: 1 }, save };
    await expect(fitTableDensity(table, { ...held, checkpoint, workers, threads: 2 })).rejects.toThrow("disk full");
    expect(workers.isClosed).toBe(true);
  });

  test("that is left in the middle leaves nothing behind", async () => {
    const workers = new Workers(3);
    for await (const event of fitTableDensityEvents(table, { ...held, workers, threads: 3 })) {
      if (event.type === "training" && event.member === 1) break;
    }
    expect(workers.isClosed).toBe(true);
  });

  test.each(firstOf(1, [["held-out rows", held] as const, ["folds", folded] as const]))(
    "of %s is resumed with another number of workers, to the same bits",
    async (_, options) => {
      const whole = await fitted(options);
      const saved: TableCheckpoint[] = [];
      let saving = 0;
      const checkpoint = {
        every: { epochs: 1 },
        save: async (state: TableCheckpoint) => {
          expect(++saving).toBe(1);
          saved.push(structuredClone(state));
          await new Promise((resolve) => setTimeout(resolve, 1));
          saving--;
        },
      };
      expect(await fitted({ ...options, checkpoint, workers: new Workers(3), threads: 3 })).toBe(whole);
      const several = saved.filter(({ meta }) => meta.columns.filter(({ network }) => network !== null).length > 1);
      expect(several.length).toBeGreaterThan(2);
      for (const [share, count] of [
        [0.3, 0],
        [0.6, 2],
      ] as const) {
        const resume = several[Math.floor(share * several.length)] as TableCheckpoint;
        const again: TableCheckpoint[] = [];
        const more = { resume, checkpoint: { save: (state: TableCheckpoint) => void again.push(state) } };
        const workers = count > 0 ? { workers: new Workers(count), threads: count } : {};
        expect(await fitted({ ...options, ...more, ...workers })).toBe(whole);
        // What the first of them saves has all columns of the one that was resumed.
        const [first] = again;
        expect(first?.meta.columns.length).toBeGreaterThanOrEqual(resume.meta.columns.length);
        expect(await fitted({ ...options, resume: first })).toBe(whole);
      }
    },
  );
});
