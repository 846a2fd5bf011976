import { useBackend } from "@pushforward/backend";
import { createKey, type Key, type Parameter, type ParameterTree, type Registry } from "@pushforward/core";
import { parameter, parameterTree } from "@pushforward/core/extend";
import * as tf from "@tensorflow/tfjs-core";
import { beforeAll, describe, expect, test } from "vitest";
import { BACKENDS } from "../../test/deep.ts";
import {
  type Cell,
  type ColumnLike,
  checkTableDensity,
  type DrawnHolesLike,
  type HolesLike,
  type TableColumnCase,
  type TableDensityCase,
  type TableDensityLike,
  type TableLike,
  tableDensityLaws,
} from "../index.ts";
import { failedLaws } from "../law/law-list.ts";
import { cellOf, columnNamed, columnOfCells } from "./rows.ts";

/** What a broken variant of the density does differently. */
interface Flaws {
  readonly shift?: number;
  readonly cellShift?: number;
  readonly sampleScale?: number;
  readonly colorBias?: number;
  /** Draws what nobody has seen, numbers out of bounds, or other cells than those that are given. */
  readonly draws?: "green" | "huge" | "given";
  /** Has a density for colors that cannot occur. */
  readonly admitsAll?: boolean;
  readonly nanOf?: "missing";
  readonly mixesRows?: boolean;
  /** Weights without the probability of drawn colors, or draws that ignore a known color. */
  readonly holes?: "unweighted" | "of any color";
  readonly ignoresKey?: boolean;
  readonly drifts?: boolean;
  readonly leaks?: boolean;
  readonly survivesDispose?: boolean;
  readonly wrongOnWasm?: boolean;
  readonly drawsOtherwiseOnWasm?: boolean;
}

const COLORS: readonly Cell[] = ["red", "blue", undefined];
const SHARES = [0.5, 0.3, 0.2];
const AT_ZERO = 0.25;

/** A color, and a number that is 0 with probability 1/4 and else normal around a mean that depends on the color. */
class TestTable implements TableDensityLike {
  private readonly mean: Parameter = parameter([1]);
  private readonly flaws: Flaws;
  private readonly isGiven: boolean;
  private calls = 0;

  constructor(flaws: Flaws, isGiven = false) {
    this.flaws = flaws;
    this.isGiven = isGiven;
  }

  parameters(): ParameterTree {
    return parameterTree({ mean: this.mean });
  }

  dispose(): void {
    if (!this.flaws.survivesDispose) this.mean.dispose();
  }

  logProb(table: TableLike): Float64Array {
    const [color, size] = this.cells(table) as [Float64Array, Float64Array];
    const { shift = 0, mixesRows, wrongOnWasm, leaks } = this.flaws;
    if (leaks) tf.keep(tf.scalar(1));
    const extra = shift + (mixesRows ? 1e-3 * table.rows : 0) + (wrongOnWasm && tf.getBackend() === "wasm" ? 0.01 : 0);
    return color.map((value, row) => value + (size[row] as number) + extra);
  }

  cellLogProb(table: TableLike): readonly Float64Array[] {
    const { cellShift = 0, shift = 0 } = this.flaws;
    return this.cells(table).map((cells) => cells.map((value) => value + cellShift + shift / 2));
  }

  sample(key: Key, rows: number, { context }: { readonly context?: TableLike | undefined } = {}): TableLike {
    const { draws, sampleScale = 1, colorBias = 0, ignoresKey, drifts, drawsOtherwiseOnWasm } = this.flaws;
    const own = ignoresKey ? createKey(1) : drifts ? key.fold(this.calls++) : key;
    const count = rows * (context?.rows ?? 1);
    const [u, v, z] = [own.fold("u").uniform(count), own.fold("v").uniform(count), own.fold("z").normal(count)];
    const other = drawsOtherwiseOnWasm && tf.getBackend() === "wasm" ? 0.01 : 0;
    const colors = Array.from(u, (x, row): Cell => {
      if (draws === "given") return "red";
      if (context !== undefined) return cellOf(columnNamed(context, "color"), Math.floor(row / rows));
      if (draws === "green" && x > 0.999) return "green";
      return COLORS[x < 0.5 + colorBias ? 0 : x < 0.8 ? 1 : 2];
    });
    const sizes = colors.map((color, row): Cell => {
      if ((v[row] as number) < AT_ZERO) return 0;
      if (draws === "huge" && (v[row] as number) > 0.999) return 1000;
      return this.meanOf(color) + sampleScale * (z[row] as number) + other;
    });
    return { rows: count, columns: [columnOfCells("color", "text", colors), columnOfCells("size", "number", sizes)] };
  }

  drawHoles({ table, holes, mayBeMissing, times, key }: HolesLike): DrawnHolesLike {
    const count = table.rows * times;
    const [u, v, x] = ["u", "v", "x"].map((name) => key.fold(name).uniform(count)) as [
      Float32Array,
      Float32Array,
      Float32Array,
    ];
    const colors = COLORS.filter((cell) => mayBeMissing || cell !== undefined);
    const isHole = (name: string, i: number): boolean => holes.get(name)?.[Math.floor(i / times)] === 1;
    const logProposed = new Float64Array(count);
    const cellsOf = (name: string, draw: (i: number) => readonly [cell: Cell, log: number]): Cell[] =>
      Array.from({ length: count }, (_, i) => {
        if (!isHole(name, i)) return cellOf(columnNamed(table, name), Math.floor(i / times));
        const [cell, log] = draw(i);
        logProposed[i] = (logProposed[i] as number) + log;
        return cell;
      });
    const color = cellsOf("color", (i) => [
      colors[Math.floor(colors.length * (u[i] as number))],
      this.flaws.holes === "unweighted" ? 0 : -Math.log(colors.length),
    ]);
    const size = cellsOf("size", (i) =>
      (v[i] as number) < 0.5 ? [0, Math.log(0.5)] : [-9 + 19 * (x[i] as number), Math.log(0.5 / 19)],
    );
    const drawn = {
      rows: count,
      columns: [columnOfCells("color", "text", color), columnOfCells("size", "number", size)],
    };
    const judged =
      this.flaws.holes === "of any color"
        ? {
            rows: count,
            columns: [
              columnOfCells(
                "color",
                "text",
                color.map(() => "red"),
              ),
              ...drawn.columns.slice(1),
            ],
          }
        : drawn;
    return { table: drawn, logWeights: this.logProb(judged).map((value, i) => value - (logProposed[i] as number)) };
  }

  private cells(table: TableLike): readonly Float64Array[] {
    const [color, size] = ["color", "size"].map((name) => columnNamed(table, name)) as [ColumnLike, ColumnLike];
    const places = Array.from({ length: table.rows }, (_, row) => COLORS.indexOf(cellOf(color, row)));
    const { admitsAll, nanOf } = this.flaws;
    const ofColor = places.map((place) => {
      if (this.isGiven) return 0;
      return Math.log(SHARES[place] ?? (admitsAll ? 1e-3 : 0));
    });
    const ofSize = places.map((_, row) => {
      const x = cellOf(size, row);
      if (typeof x !== "number") return nanOf === "missing" ? Number.NaN : Number.NEGATIVE_INFINITY;
      if (x === 0) return Math.log(AT_ZERO);
      return Math.log1p(-AT_ZERO) - (x - this.meanOf(cellOf(color, row))) ** 2 / 2 - Math.log(2 * Math.PI) / 2;
    });
    return [Float64Array.from(ofColor), Float64Array.from(ofSize)];
  }

  private meanOf(color: Cell): number {
    return (this.mean.read()[0] as number) + (color === "red" ? 2 : -1);
  }
}

const color: TableColumnCase = { name: "color", kind: "text", cells: COLORS };
const size: TableColumnCase = {
  name: "size",
  kind: "number",
  cells: [0],
  integrate: { low: -9, high: 10, points: 2000 },
  bounds: [-20, 20],
};
const outside: TableLike = {
  rows: 2,
  columns: [columnOfCells("color", "text", ["green", "red"]), columnOfCells("size", "number", [1, undefined])],
};

function tableCase(flaws: Flaws = {}): TableDensityCase {
  return { make: () => new TestTable(flaws), columns: [color, size], outside };
}

function givenCase(flaws: Flaws = {}): TableDensityCase {
  const context = { rows: 3, columns: [columnOfCells("color", "text", ["blue", "red", undefined])] };
  return { make: () => new TestTable(flaws, true), columns: [size], context };
}

/** A die whose faces may be wrong by a little, and which may fall on a face that its density does not know. */
function die({ shift = 0, unseen = 0 } = {}): TableDensityCase {
  const faces = [1, 2, 3, 4, 5, 6];
  const density: TableDensityLike = {
    logProb: ({ columns: [face] }) =>
      Float64Array.from((face as ColumnLike).values as Float64Array, (x) => {
        if (faces.includes(x)) return Math.log((1 - unseen) / 6) + shift;
        return x === 7 ? Math.log(unseen) : Number.NEGATIVE_INFINITY;
      }),
    sample: (key, rows) => ({
      rows,
      columns: [
        columnOfCells(
          "face",
          "number",
          Array.from(key.uniform(rows), (u) => 1 + Math.floor(6 * u)),
        ),
      ],
    }),
  };
  return { make: () => density, columns: [{ name: "face", kind: "number", cells: faces, unseen: [7] }] };
}

// A codec that restores another object.
const forgetful: Registry = {
  encode: () => ({ type: "test/table", version: 1, config: {} }),
  decode: () => new TestTable({ shift: 1e-9 }),
  extend: () => forgetful,
};

for (const backend of BACKENDS) {
  describe(backend, () => {
    beforeAll(() => useBackend(backend));

    test("a correct density keeps every law, also given a column, and leaves no tensor", async () => {
      const before = tf.memory().numTensors;
      for (const theCase of [tableCase(), givenCase(), die(), die({ unseen: 0.1 })]) {
        const reports = await checkTableDensity(theCase, { name: "table" });
        expect(reports.every(({ passed }) => passed)).toBe(true);
      }
      expect(tf.memory().numTensors).toBe(before);
      expect(tf.getBackend()).toBe(backend);
    });

    const flaws: readonly [string, TableDensityCase, string][] = [
      ["a wrong constant", tableCase({ shift: 2e-3 }), "probabilities sum to 1"],
      ["that given a column", givenCase({ shift: 2e-3 }), "probabilities sum to 1"],
      ["a smaller one of a discrete table", die({ shift: 3e-6 }), "probabilities sum to 1"],
      ["cells with another sum", tableCase({ cellShift: 1e-4 }), "cells sum to the row"],
      ["a sampler of another scale", tableCase({ sampleScale: 1.1 }), "samples follow the density"],
      ["that given a column", givenCase({ sampleScale: 1.1 }), "samples follow the density"],
      ["a sampler of other categories", tableCase({ colorBias: 0.03 }), "samples follow the density"],
      ["a draw of a new category", tableCase({ draws: "green" }), "draws can occur"],
      ["a draw out of bounds", tableCase({ draws: "huge" }), "draws can occur"],
      ["a draw of other cells than are given", givenCase({ draws: "given" }), "draws can occur"],
      [
        "draws of holes without weights",
        tableCase({ holes: "unweighted" }),
        "weighted draws of holes follow the density",
      ],
      ["weights of other cells", tableCase({ holes: "of any color" }), "weighted draws of holes follow the density"],
      ["that given a column", givenCase({ holes: "of any color" }), "weighted draws of holes follow the density"],
      ["a density outside the support", tableCase({ admitsAll: true }), "-Infinity outside the support"],
      ["NaN for a missing number", tableCase({ nanOf: "missing" }), "never NaN"],
      ["rows that read each other", tableCase({ mixesRows: true }), "rows are scored alone"],
      ["a key that does nothing", tableCase({ ignoresKey: true }), "same key, same rows"],
      ["draws that differ each time", tableCase({ drifts: true }), "same key, same rows"],
      ["a leak", tableCase({ leaks: true }), "no leak"],
      ["a dispose that frees nothing", tableCase({ survivesDispose: true }), "dispose"],
      ["a codec that forgets", tableCase(), "codec round trip"],
      ["another density on wasm", tableCase({ wrongOnWasm: true }), "backends agree"],
      ["other draws on wasm", tableCase({ drawsOtherwiseOnWasm: true }), "backends agree"],
    ];
    test.each(flaws)("%s breaks its law", async (_, theCase, law) => {
      const registry = law === "codec round trip" ? { registry: forgetful } : {};
      expect(await failedLaws(tableDensityLaws("table", theCase, registry))).toContain(law);
    });

    test("every law is broken by something above", () => {
      const names = tableDensityLaws("table", tableCase(), { registry: forgetful }).map(({ name }) => name);
      const covered = new Set(flaws.map(([, , law]) => law));
      expect(names.filter((name) => !covered.has(name))).toEqual([]);
    });
  });
}

test("a broken law names the row", async () => {
  await useBackend("cpu");
  const broken = checkTableDensity(tableCase({ draws: "green", admitsAll: true }), { name: "colors" });
  await expect(broken).rejects.toThrow(
    'draws can occur of colors: expected cells of "color" that can occur, got "green".',
  );
  await expect(broken).rejects.toThrow(
    'of colors: expected a log-density of -Infinity, got -10.31672 at (color: "green", size: 1).',
  );
});

test("cases that cannot be tried are refused in words", async () => {
  await useBackend("cpu");
  const columns = [size, { ...size, name: "weight" }];
  const [law] = tableDensityLaws("table", { ...tableCase(), columns });
  await expect(law?.run()).rejects.toThrow("expected columns whose cells make 1 to 2097152 rows, got 4004001.");
  expect(() => tableDensityLaws("table", { make: () => ({}), columns: [] })).toThrow(
    'expected an object with "logProb" and "sample", or "ask", got neither.',
  );
});
