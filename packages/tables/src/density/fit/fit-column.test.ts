import { createKey, DisposedError } from "@pushforward/core";
import { runToEnd, sizeOf } from "@pushforward/core/plain";
import type { Column } from "@pushforward/datasets";
import { expect, test } from "vitest";
import { DEEP } from "../../../../testing/test/deep.ts";
import type { CodedColumn } from "../coding/category-coding.ts";
import { codingOf } from "../coding/coding-of.ts";
import type { ColumnDensity } from "../column-density.ts";
import { type ColumnFit, fitColumnEvents, ParentChoice } from "./fit-column.ts";
import { bareNetwork, columnTraining } from "./network/column-network.ts";
import type { NetworkJob } from "./network/train-network.ts";
import { type TableCheckpoint, TableCheckpoints } from "./table-checkpoints.ts";

const key = createKey(20261129);

function choiceOf(columns: readonly Column[], rows: number): ParentChoice {
  const codings = columns.map(({ name }) => ({
    coding: codingOf({ rows, columns }, name, { steps: new Map([[name, 0]]) }),
  }));
  const coded = codings.map(({ coding }, k) => coding.encode(columns[k] as Column));
  return new ParentChoice(codings, rows, (k) => coded[k] as CodedColumn);
}

/** Columns that depend on nothing; each third one of categories. */
const noises = (count: number, rows: number): Column[] =>
  Array.from({ length: count }, (_, k): Column => {
    const [name, z] = [`n${k}`, key.fold(`n${k}`).normal(rows)];
    if (k % 3 > 0) return { name, kind: "number", values: Float64Array.from(z) };
    return { name, kind: "text", values: Array.from(z, (value) => (value < -0.5 ? "a" : value < 0.5 ? "b" : "c")) };
  });

test.runIf(DEEP)("of few rows, a column that depends on one of 200 reads it, whatever their kinds and the form", () => {
  const rows = 60;
  const others = noises(200, rows);
  const [x, word] = [others[11], others[12]];
  const e = key.fold("error").normal(rows);
  const values = Float64Array.from(x?.values as Float64Array);
  const byWord = Array.from(word?.values as readonly string[], (value, i) => ((e[i] as number) < 1.3 ? value : "b"));
  const dependent: readonly [Column, number][] = [
    [{ name: "linear", kind: "number", values: values.map((value, i) => value + 0.8 * (e[i] as number)) }, 11],
    [{ name: "curved", kind: "number", values: values.map((value, i) => value ** 2 + 0.1 * (e[i] as number)) }, 11],
    [{ name: "of a word", kind: "text", values: byWord }, 12],
    [
      {
        name: "number of a word",
        kind: "number",
        values: Float64Array.from(byWord, (value, i) => 2 * "abc".indexOf(value) + (e[i] as number)),
      },
      12,
    ],
  ];
  for (const [column, parent] of dependent) {
    const parents = choiceOf([...others, column], rows).parentsOf(200, () => true);
    expect(parents, column.name).toContain(parent);
    expect(parents.length).toBe(7);
  }
});

test("of many rows and columns, a column reads the one that is missing in most rows and says where it is 0", () => {
  const rows = 800;
  const u = key.fold("feature").uniform(rows);
  const isThere = (i: number): boolean => (u[i] as number) < 0.05;
  const feature: Column = {
    ...{ name: "feature", kind: "text", values: Array.from(u, (_, i) => (isThere(i) ? "shed" : "")) },
    missing: new Set(Array.from(u.keys()).filter((i) => !isThere(i))),
  };
  const values = Float64Array.from(u, (x, i) => (isThere(i) ? 100 + Math.floor(1000 * x) : 0));
  const columns: readonly Column[] = [feature, ...noises(40, rows), { name: "value", kind: "number", values }];
  expect(choiceOf(columns, rows).parentsOf(41, () => true)).toContain(0);
});

test.each(DEEP ? [40, 150] : [40])(
  "of %i rows, about a fifth at most of the columns that depend on nothing have parents",
  (rows) => {
    const [known, tried] = [100, 200];
    const choice = choiceOf(noises(known + tried, rows), rows);
    const withParents = Array.from({ length: tried }, (_, k) => choice.parentsOf(known + k, (at) => at < known)).filter(
      (parents) => parents.length > 0,
    );
    // Four standard deviations above.
    expect(withParents.length).toBeLessThan(0.2 * tried + 4 * Math.sqrt(0.2 * 0.8 * tried));
  },
);

test.runIf(DEEP)("up to 32 columns, a column reads all before it; of many rows, at most so many", () => {
  expect(choiceOf(noises(33, 50), 50).parentsOf(32, () => true)).toEqual(Array.from({ length: 32 }, (_, k) => k));
  expect(choiceOf(noises(60, 600), 600).parentsOf(59, () => true)).toHaveLength(32);
});

const FORM = { head: { codes: 2, components: 0 }, embedding: { tables: [{ codes: 2, width: 1 }] }, featureCounts: [0] };
const IDENTITY = {
  ...{ columns: ["a", "b"], codes: [2, 2], trainRows: 8, validationRows: 4, folds: 1 },
  ...{ hidden: 4, members: 3, epochs: 10, key: 0.5 },
};

/** A column whose networks have given mean log-probabilities in a mixture, by the numbers of its members. */
function scripted(scores: Readonly<Record<string, number>>, checkpoints: TableCheckpoints) {
  const made: ColumnDensity[] = [];
  const jobs: NetworkJob[] = [];
  const training = { ...columnTraining({ rows: 8, columns: 2, folds: 1 }, {}), hidden: 4, members: 3, mayWiden: false };
  const fit = {
    ...{ index: 1, form: FORM, taskOf: () => ({}), folds: 1, training, key, signal: undefined, checkpoints },
    trainer: {
      // biome-ignore lint/correctness/useYield: these networks have no epochs.
      train: async function* (job: NetworkJob) {
        jobs.push(job);
        const density = bareNetwork(FORM, 4);
        for (const [, parameter] of density.parameters())
          parameter.write(new Float32Array(sizeOf(parameter.shape)).fill(jobs.length));
        made.push(density);
        return { density, wantsAnother: true };
      },
    },
    logProb: (members: readonly ColumnDensity[]) =>
      Float64Array.of(scores[members.map((one) => made.indexOf(one)).join()] as number),
  } as unknown as ColumnFit;
  return { fit, made, jobs };
}

const areLive = (made: readonly ColumnDensity[]): boolean[] => made.map(isLive);

function isLive(density: ColumnDensity): boolean {
  try {
    for (const [, parameter] of density.parameters()) parameter.read();
    return true;
  } catch (error) {
    if (error instanceof DisposedError) return false;
    throw error;
  }
}

test("a network that is better alone than with the ones before it replaces them, also in a checkpoint", async () => {
  const saved: TableCheckpoint[] = [];
  const checkpoints = new TableCheckpoints(0, IDENTITY, { save: (now) => void saved.push(now) }, undefined);
  const { fit, made, jobs } = scripted({ "0": -1.5, "0,1": -1.2, "1": -1, "1,2": -0.9, "2": -1.3 }, checkpoints);
  const { members, logProb } = await runToEnd(fitColumnEvents(fit, Float64Array.of(-2)));
  expect([members, Array.from(logProb)]).toEqual([[made[1], made[2]], [-0.9]]);
  expect(areLive(made)).toEqual([false, true, true]);
  // Every second network starts as the frequencies.
  expect(jobs.map(({ mayStartLinear }) => mayStartLinear)).toEqual([true, false, true]);
  expect(saved.map(({ meta }) => meta.columns[0]?.widths.length)).toEqual([1, 1, 2]);
  // The checkpoint after the second network has that one only, and goes on with the third.
  const resumed = new TableCheckpoints(0, IDENTITY, undefined, structuredClone(saved[1]));
  const state = resumed.stateOf(1, FORM);
  expect([state?.member, state?.members.length]).toEqual([2, 1]);
  for (const [, parameter] of state?.members[0]?.parameters() ?? [])
    expect(new Set(parameter.read())).toEqual(new Set([2]));
});

test("a network that gains nothing ends the training of a column", async () => {
  const checkpoints = new TableCheckpoints(0, IDENTITY, undefined, undefined);
  const { fit, made } = scripted({ "0": -1.5, "0,1": -1.4999, "1": -1.6 }, checkpoints);
  const { members } = await runToEnd(fitColumnEvents(fit, Float64Array.of(-2)));
  expect([members, areLive(made)]).toEqual([[made[0]], [true, false]]);
});
