import { useBackend } from "@pushforward/backend";
import { findVariables, parseDeclarations, type TypedTable, type Variable } from "@pushforward/columns";
import { createKey } from "@pushforward/core";
import { parseCsv, type Table } from "@pushforward/datasets";
import { NumberCoding } from "@pushforward/tables/extend";
import { beforeAll, describe, expect, test } from "vitest";
import { DEEP } from "../../../testing/test/deep.ts";
import { fitTable } from "./fit-table.ts";

beforeAll(() => useBackend("wasm"));

const ROWS = 240;
const key = createKey(20261129);
const u = (name: string): Float32Array => key.fold(name).uniform(ROWS);
const z = (name: string): Float32Array => key.fold(name).normal(ROWS);

/** A table as a file has it: its lines, and what is declared of its columns. */
interface Source {
  readonly head: string;
  readonly line: (i: number) => string;
  readonly declare?: string;
  /** Columns of the context: the joint density of several real numbers has no parts by column. */
  readonly given?: readonly string[];
}

const [a, b, c, d, e] = ["a", "b", "c", "d", "e"].map((name) => u(name)) as [
  Float32Array,
  Float32Array,
  Float32Array,
  Float32Array,
  Float32Array,
];
const [x, y] = [z("x"), z("y")];
const at = (values: Float32Array, i: number): number => values[i] as number;
const group = (i: number): string => (at(a, i) < 0.6 ? "north" : at(a, i) < 0.9 ? "south" : "west");

const TABLES: Readonly<Record<string, Source>> = {
  "integers of a wide range": { head: "group,age", line: (i) => `${group(i)},${Math.round(45 + 15 * at(x, i))}` },
  "few integers, and a heap": {
    head: "group,visits,age",
    line: (i) =>
      `${group(i)},${at(b, i) < 0.5 ? 0 : Math.floor(1 + 4 * at(c, i) ** 2)},${Math.round(300 * Math.exp(at(x, i) / 2))}`,
  },
  "multiples of a hundred, and tenths": {
    head: "pay,size",
    line: (i) => `${100 * Math.round(30 + 5 * at(x, i))},${(5 + 0.4 * at(x, i) + 0.3 * at(y, i)).toFixed(1)}`,
  },
  "a real number given another": {
    head: "p,q",
    line: (i) => `${at(x, i)},${0.8 * at(x, i) + 0.6 * at(y, i)}`,
    given: ["p"],
  },
  "real numbers with a heap, and missing ones": {
    head: "group,rain,heat",
    line: (i) => `${group(i)},${at(b, i) < 0.3 ? 0 : Math.exp(at(x, i))},${at(c, i) < 0.2 ? "" : 10 + at(y, i)}`,
  },
  "integers, categories and words with missing cells": {
    head: "count,kind,flag",
    line: (i) =>
      `${at(b, i) < 0.15 ? "" : Math.round(20 + 6 * at(x, i))},${at(c, i) < 0.2 ? "" : group(i)},${at(d, i) < 0.4 ? "yes" : "no"}`,
  },
  "numbers with bounds": {
    head: "share,wait",
    line: (i) => `${1 / (1 + Math.exp(-at(x, i)))},${Math.abs(at(y, i)) * 3 + 0.01}`,
    declare: "share:interval(0,1),wait:positive",
  },
  "angles and hours": {
    head: "angle,hour",
    line: (i) => `${(720 + 90 + 60 * at(x, i)) % 360},${(48 + Math.round(20 + 3 * at(y, i))) % 24}`,
    declare: "angle:circular(360),hour:circular(24)",
  },
  "dates, and categories in an order": {
    head: "when,level",
    line: (i) =>
      `${new Date(Date.UTC(2024, 0, 1 + Math.floor(300 * at(b, i)))).toISOString().slice(0, 10)},${["low", "medium", "high"][Math.floor(3 * at(c, i))]}`,
  },
  "a column that follows from another, up to rounding": {
    head: "net,gross",
    line: (i) => {
      const net = Math.round(200 + 40 * at(x, i));
      return `${net},${Math.round(1.19 * net + 0.4 * (at(e, i) - 0.5))}`;
    },
  },
  "a column that follows from another on a grid": {
    head: "net,gross,group",
    line: (i) => `${Math.round(200 + 40 * at(x, i))},${3 * Math.round(200 + 40 * at(x, i)) + 5},${group(i)}`,
  },
};

/** Cells of a column, and the measure of each. */
interface Axis {
  readonly cells: readonly (number | string | undefined)[];
  readonly weights: readonly number[];
  /** Numbers that cannot occur. */
  readonly impossible: readonly number[];
}

/** @param coding of a column of numbers. */
function axisOf(variable: Variable, column: Table["columns"][number], coding: NumberCoding | undefined): Axis {
  if (column.kind === "text") {
    const known = [...new Set(column.values.filter((_, row) => !column.missing?.has(row))), ...(variable.levels ?? [])];
    const cells = [...new Set(known), undefined, "a new category"];
    return { cells, weights: cells.map(() => 1), impossible: [] };
  }
  const values = Float64Array.from(column.values.filter((value) => !Number.isNaN(value))).sort();
  const [low, high] = variable.bounds ?? [variable.kind === "positive" ? 0 : -Infinity, Infinity];
  const isIn = (value: number): boolean =>
    value >= low && (variable.kind === "circular" ? value < high : value <= high);
  const { step = 0 } = variable;
  const origin = values[0] as number;
  if (step > 0) {
    const grid = Array.from({ length: 4001 }, (_, k) => Number((origin + (k - 2000) * step).toPrecision(14))).filter(
      isIn,
    );
    // One number represents all numbers off the grid.
    const offGrid = origin + 0.3 * step;
    const { options, logWide } = coding as NumberCoding;
    const measure = (options.offGridShare as number) / Math.exp(logWide(offGrid));
    return {
      cells: [...grid, undefined, offGrid],
      weights: [...grid.map(() => 1), 1, measure],
      impossible: [low - 1, high + 1].filter(Number.isFinite),
    };
  }
  const atoms = [...new Set(values.filter((value, i) => value === values[i + 1]))];
  // Where the smooth part of the density begins and ends.
  const { knots = [] } = coding?.options.smooth ?? {};
  const ends = [knots[0], knots.at(-1)].flatMap((end) => end ?? []);
  const [points, weights] = gaussPoints(values, [low, high], ends);
  return {
    cells: [...atoms, undefined, ...points],
    weights: [...atoms.map(() => 1), 1, ...weights],
    impossible: [low - 1, high + 1].filter(Number.isFinite),
  };
}

/** Points and weights of an integral over all numbers, by Gauss's rule between all breaks of a piecewise density. */
function gaussPoints(
  values: Float64Array,
  [low, high]: readonly [number, number],
  ends: readonly number[],
): readonly [number[], number[]] {
  const distinct = [...new Set(values)];
  const [first, last] = [distinct[0] as number, distinct.at(-1) as number];
  const range = last - first;
  const tail = (end: number, limit: number, sign: number): number[] => {
    if (Number.isFinite(limit)) {
      // Toward a bound the pieces become small: the density may have a pole there.
      return Array.from({ length: 60 }, (_, k) => limit - sign * Math.abs(limit - end) * 0.6 ** k).concat(limit);
    }
    return Array.from({ length: 60 }, (_, k) => end + sign * range * 1e-4 * (1.35 ** k - 1));
  };
  const middles = distinct.slice(1).map((value, i) => (value + (distinct[i] as number)) / 2);
  // Where the smooth part of a density ends, it may have an integrable pole.
  const [from = first, to = last] = ends;
  const poles = [from, to].flatMap((end, i) =>
    Array.from({ length: 80 }, (_, k) => end + (i === 0 ? 0.01 : -0.01) * range * 0.6 ** k).concat(end),
  );
  const isIn = (value: number): boolean => value >= low && value <= high;
  const breaks = [
    ...new Set([...distinct, ...middles, ...tail(first, low, -1), ...tail(last, high, 1), ...poles.filter(isIn)]),
  ].sort((p, q) => p - q);
  const points: number[] = [];
  const weights: number[] = [];
  for (let k = 1; k < breaks.length; k++) {
    const [from, to] = [breaks[k - 1] as number, breaks[k] as number];
    for (const [node, weight] of GAUSS) {
      points.push(from + ((to - from) * (1 + node)) / 2);
      weights.push((weight * (to - from)) / 2);
    }
  }
  return [points, weights];
}

/** Nodes and weights of the rule of four points. */
const GAUSS: readonly (readonly [number, number])[] = [0.3399810435848563, 0.8611363115940526].flatMap((node, i) => {
  const weight = [0.6521451548625461, 0.34785484513745385][i] as number;
  return [[-node, weight] as const, [node, weight] as const];
});

/** The same row with each of some cells in one column. */
function withCells({ variables, table }: TypedTable, row: number, place: number, cells: Axis["cells"]): Table {
  const columns = variables.map(({ name }, k) => {
    const column = table.columns[k] as Table["columns"][number];
    const isMissing = column.kind === "text" ? column.missing?.has(row) : Number.isNaN(column.values[row]);
    const own = isMissing ? undefined : column.values[row];
    const all = k === place ? cells : cells.map(() => own);
    if (column.kind === "number")
      return {
        name,
        kind: "number" as const,
        values: Float64Array.from(all, (cell) => (cell === undefined ? Number.NaN : Number(cell))),
      };
    const missing = new Set(all.flatMap((cell, i) => (cell === undefined ? [i] : [])));
    return { name, kind: "text" as const, values: all.map((cell) => String(cell ?? "")), missing };
  });
  return { rows: cells.length, columns };
}

// Short runs take every third table.
const SUMMED = Object.entries(TABLES).filter((_, i) => DEEP || i % 3 === 0);

describe.each(SUMMED)("%s", (_, { head, line, declare, given = [] }) => {
  test("what a column can be has the probability 1 together, given the columns before it", async () => {
    const text = `${head}\n${Array.from({ length: ROWS }, (_, i) => line(i)).join("\n")}\n`;
    const found = findVariables(parseCsv(text, { kinds: "text", missing: "keep" }), {
      declared: declare === undefined ? undefined : parseDeclarations(declare),
    });
    const { model } = await fitTable(found, {
      key,
      maxEpochs: 3,
      hidden: [8],
      context: given,
      ...(!DEEP && { members: 1, folds: 2 }),
    });
    const places = new Map(model.columns.map(({ name }, k) => [name, k]));
    for (const [place, variable] of found.variables.entries()) {
      if (given.includes(variable.name)) continue;
      const own = places.get(variable.name) as number;
      const coding = model.columns[own]?.coding;
      const axis = axisOf(
        variable,
        found.table.columns[place] as Table["columns"][number],
        coding instanceof NumberCoding ? coding : undefined,
      );
      for (const row of [7, 31]) {
        const cells = model.cellLogProb(withCells(found, row, place, axis.cells))[own] as Float64Array;
        const total = cells.reduce((sum, logProb, i) => sum + Math.exp(logProb) * (axis.weights[i] as number), 0);
        expect(Math.abs(total - 1), `${variable.name} of row ${row}: ${total}`).toBeLessThan(1e-3);
        if (axis.impossible.length === 0) continue;
        const impossible = model.logProb(withCells(found, row, place, axis.impossible));
        expect(Array.from(impossible), variable.name).toEqual(axis.impossible.map(() => Number.NEGATIVE_INFINITY));
      }
    }
    model.dispose();
  });
});
