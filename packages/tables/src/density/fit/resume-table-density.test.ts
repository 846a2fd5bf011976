import { useBackend } from "@pushforward/backend";
import { conditionersCodecs } from "@pushforward/conditioners/extend";
import { createKey, type Json } from "@pushforward/core";
import type { Table } from "@pushforward/datasets";
import { createTable } from "@pushforward/datasets/extend";
import { decodeCheckpoint, encodeCheckpoint, encodeModel } from "@pushforward/serialization";
import { createRegistry } from "@pushforward/serialization/extend";
import * as tf from "@tensorflow/tfjs-core";
import { beforeAll, describe, expect, test } from "vitest";
import { BACKENDS, DEEP } from "../../../../testing/test/deep.ts";
import { tablesCodecs } from "../../codecs.ts";
import type { TableDensity } from "../table-density.ts";
import { type FitTableDensityOptions, fitTableDensity, fitTableDensityEvents } from "./fit-table-density.ts";
import type { TableCheckpoint } from "./table-checkpoints.ts";

const key = createKey(20261128);
const registry = createRegistry(...conditionersCodecs, ...tablesCodecs);
const options = { key, maxEpochs: 4, members: 2, hidden: [8], ...(!DEEP && { folds: 2 }) } as const;

/** A word, a number that depends on it, and one that depends on both. */
function rowsOf(rows: number): Table {
  const [u, z] = [key.fold("u").uniform(rows), key.fold("z").normal(2 * rows)];
  const words = Array.from(u, (value) => (value < 0.3 ? "low" : value < 0.6 ? "middle" : "high"));
  const x = Float64Array.from(u, (value, i) => 3 * value + 0.5 * (z[i] as number));
  return createTable([
    { name: "word", kind: "text", values: words },
    { name: "x", kind: "number", values: x },
    { name: "y", kind: "number", values: x.map((value, i) => Math.sin(4 * value) + 0.1 * (z[rows + i] as number)) },
  ]);
}
const table = rowsOf(200);

/** Through bytes, as a file would. */
function stored({ meta, arrays }: TableCheckpoint): TableCheckpoint {
  const json: Json = meta;
  return decodeCheckpoint(encodeCheckpoint({ meta: json, arrays })) as unknown as TableCheckpoint;
}

/** Compared as text: a mismatch of bytes one by one would take seconds to print. */
const bytesOf = (model: TableDensity): string => {
  const bytes = encodeModel(model, registry);
  model.dispose();
  return Buffer.from(bytes).toString("base64");
};

async function saving(more: Partial<FitTableDensityOptions>): Promise<{ bytes: string; saved: TableCheckpoint[] }> {
  const saved: TableCheckpoint[] = [];
  const checkpoint = { every: { epochs: 2 }, save: (state: TableCheckpoint) => void saved.push(stored(state)) };
  const { model } = await fitTableDensity(table, { ...options, checkpoint, ...more });
  return { bytes: bytesOf(model), saved };
}

describe.each(BACKENDS)("on %s", (backend) => {
  beforeAll(() => useBackend(backend));

  test("a fit that is resumed from any checkpoint gives the same model, bit for bit", async () => {
    const whole = bytesOf((await fitTableDensity(table, options)).model);
    const { bytes, saved } = await saving({});
    expect(bytes).toEqual(whole);
    const inTraining = saved.filter(({ meta }) => meta.columns.some(({ network }) => network !== null));
    expect(inTraining.length).toBeGreaterThan(2);
    expect(saved.length - inTraining.length).toBeGreaterThan(2);
    // Some of each kind: after a network, and within one.
    const some = (all: readonly TableCheckpoint[]): TableCheckpoint[] =>
      (DEEP ? [0, 0.4, 0.8] : [0.4]).map((share) => all[Math.floor(share * all.length)] as TableCheckpoint);
    for (const resume of [...some(inTraining), ...some(saved.filter((one) => !inTraining.includes(one)))]) {
      const { model, columns } = await fitTableDensity(table, { ...options, resume });
      expect(columns.map(({ column }) => column)).toEqual(["word", "x", "y"]);
      expect(bytesOf(model)).toEqual(whole);
    }
  });

  test.runIf(DEEP)("one that is resumed saves as one that was not, and so can be resumed again", async () => {
    const { bytes, saved } = await saving({});
    const middle = Math.floor(saved.length / 2);
    const again = await saving({ resume: saved[middle] });
    expect(again.bytes).toEqual(bytes);
    const withoutTime = (all: readonly TableCheckpoint[]): unknown[] =>
      all.map(({ meta, arrays }) => [
        JSON.stringify(meta).replaceAll(/"seconds":[\d.e-]+/g, ""),
        [...arrays].sort(([a], [b]) => (a < b ? -1 : 1)),
      ]);
    expect(withoutTime(again.saved)).toEqual(withoutTime(saved.slice(middle + 1)));
  });
});

describe("a checkpoint", () => {
  beforeAll(() => useBackend("wasm"));

  test("is not saved after a signal, and that before it gives the whole model", async () => {
    const whole = bytesOf((await fitTableDensity(table, options)).model);
    const abort = new AbortController();
    const saved: TableCheckpoint[] = [];
    const save = (state: TableCheckpoint): void => void saved.push(state);
    let model: TableDensity | undefined;
    const events = fitTableDensityEvents(table, { ...options, checkpoint: { save }, signal: abort.signal });
    for (;;) {
      const next = await events.next();
      if (next.done) {
        model = next.value.model;
        break;
      }
      const event = next.value;
      if (event.type === "training" && event.column === "y" && event.event.type === "epoch") abort.abort();
    }
    expect(bytesOf(model)).not.toEqual(whole);
    expect(saved.at(-1)?.meta.columns.map(({ place }) => place)).toEqual([1]);
    const resumed = await fitTableDensity(table, { ...options, resume: saved.at(-1) });
    expect(bytesOf(resumed.model)).toEqual(whole);
  });

  test.runIf(DEEP)("remembers that a network made way for a wider one", async () => {
    const wide = { key, maxEpochs: 3, members: 1 } as const;
    const saved: TableCheckpoint[] = [];
    const checkpoint = { every: { epochs: 1 }, save: (state: TableCheckpoint) => void saved.push(stored(state)) };
    const whole = bytesOf((await fitTableDensity(table, { ...wide, checkpoint })).model);
    const next = saved.map(({ meta }) => meta.columns.at(-1)).find((column) => column?.width === 128);
    expect(next).toMatchObject({ place: 1, widths: [], member: 0, network: null });
    for (const resume of saved.slice(0, 3)) {
      expect(bytesOf((await fitTableDensity(table, { ...wide, resume })).model)).toBe(whole);
    }
  });

  test("of another fit is refused, and leaves no tensor behind", async () => {
    const { saved } = await saving({});
    const resume = saved.at(-1) as TableCheckpoint;
    const before = tf.memory().numTensors;
    const withMeta = (meta: object): TableCheckpoint => ({ ...resume, meta: { ...resume.meta, ...meta } });
    const [first, ...others] = [...resume.arrays];
    await expect(fitTableDensity(table, { ...options, key: createKey(1), resume })).rejects.toThrow("expected the key");
    await expect(fitTableDensity(rowsOf(150), { ...options, resume })).rejects.toThrow(
      "expected codes of the resumed checkpoint",
    );
    await expect(fitTableDensity(table, { ...options, maxEpochs: 5, resume })).rejects.toThrow(
      "expected epochs of the resumed checkpoint, 4, got 5",
    );
    await expect(fitTableDensity(table, { ...options, resume: withMeta({ version: 1 }) })).rejects.toThrow(
      "of version 2, got",
    );
    await expect(
      fitTableDensity(table, { ...options, resume: { ...resume, arrays: new Map(others) } }),
    ).rejects.toThrow(`values ${first?.[0]} in the checkpoint, got none`);
    expect(tf.memory().numTensors).toBe(before);
  });

  test("events that are left leave no tensor behind", async () => {
    const before = tf.memory().numTensors;
    for await (const event of fitTableDensityEvents(table, options)) {
      if (event.type === "training" && event.member === 1 && event.event.type === "epoch") break;
    }
    expect(tf.memory().numTensors).toBe(before);
  });
});
