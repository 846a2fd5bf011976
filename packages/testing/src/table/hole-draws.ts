import type { Key } from "@pushforward/core";
import { formatNumber, type Measurement, Violation } from "../law/comparison.ts";
import { brokenRows, type GridAxis, type RowGrid } from "./row-grid.ts";
import { cellOf, columnNamed, columnOfCells, formatCell } from "./rows.ts";
import type { ColumnLike, HolesLike, TableDensityLike, TableLike } from "./table-density-case.ts";
import { probabilities, type TableDensityTrial } from "./table-density-trial.ts";

/** Draws of each row. */
const DRAWS = 1_000;
/** Maximum error of a mean of weights, in standard errors. */
const MOST_ERRORS = 5;
/** Boxes with fewer effective draws are counted together: their errors are far from normal. */
const FEWEST_EXPECTED = 20;
/** Number of boxes of the cells in the holes of a column, and of all holes of a row together. */
const BOXES = 8;
const JOINT_BOXES = 16;

type Way = Pick<HolesLike, "mayBeMissing" | "isInOrder">;

const WAYS: readonly Way[] = [{ mayBeMissing: true }, { mayBeMissing: true, isInOrder: true }, { mayBeMissing: false }];

/** A row of a grid, of which some cells are known. */
interface HoledRow {
  /** Place of the row of the context. */
  readonly given: number;
  /** For each axis the place of its known cell; -1 for a hole. */
  readonly places: readonly number[];
}

/** The probabilities of the rows of a grid. */
interface GridDensity {
  readonly grid: RowGrid;
  readonly ofRows: Float64Array;
  /** 1 for rows that break a rule. */
  readonly broken: Uint8Array;
}

/**
 * Compares weighted draws of holes with the density: the mean of the weights of those draws that have some cells in
 * their holes is the sum of the densities of all rows with these cells and the known ones.
 */
export function holesFollowDensity(trial: TableDensityTrial): Measurement {
  const { density, theCase, key, tolerances } = trial;
  const { grid, all } = probabilities(trial);
  const rows = holedRows(grid, all, key.fold("rows"));
  const table = tableOf(grid, rows, theCase.context);
  const holes = new Map(
    grid.axes.map(({ name }, k) => [name, Uint8Array.from(rows, ({ places }) => Number(places[k] === -1))]),
  );
  const slack = tolerances.total + (theCase.undrawn ?? 0);
  const broken = brokenRows(grid, density);
  const known = new Map<string, HoleDistribution>();
  let worst: Measurement = { worst: 0, tolerance: MOST_ERRORS, expected: "", got: "", input: undefined };
  for (const [w, way] of WAYS.entries()) {
    const task: HolesLike = { ...way, table, holes, times: DRAWS, key: key.fold("draws").fold(w) };
    const drawn = (density.drawHoles as NonNullable<TableDensityLike["drawHoles"]>)(task, []);
    if (drawn.table.rows !== rows.length * DRAWS || drawn.logWeights.length !== rows.length * DRAWS) {
      const got = `${drawn.table.rows} with ${drawn.logWeights.length} weights`;
      throw new Violation(`${rows.length * DRAWS} draws with weights`, got);
    }
    const isBroken = density.firstBroken?.(drawn.table).map((rule) => Number(rule >= 0));
    const places = grid.axes.map((axis) => placesOf(axis, columnNamed(drawn.table, axis.name)));
    for (const [r, row] of rows.entries()) {
      const name = `${r} ${way.mayBeMissing}`;
      const ofGrid = { grid, ofRows: all[row.given] as Float64Array, broken };
      const expected = known.get(name) ?? new HoleDistribution(ofGrid, row, way.mayBeMissing);
      known.set(name, expected);
      const [from, to] = [r * DRAWS, (r + 1) * DRAWS];
      const found = expected.worst(
        {
          places: places.map((ofColumn) => ofColumn.subarray(from, to)),
          isBroken: isBroken?.subarray(from, to),
          logWeights: drawn.logWeights.subarray(from, to),
        },
        slack,
      );
      if (found.error <= worst.worst) continue;
      worst = {
        worst: found.error,
        tolerance: MOST_ERRORS,
        expected: `the share ${formatNumber(found.expected)} of the weights for ${found.cells}`,
        got: formatNumber(found.got),
        input: describeRow(grid, row, way),
      };
    }
  }
  return worst;
}

function placesOf(axis: GridAxis, column: ColumnLike): Int32Array {
  return Int32Array.from({ length: column.values.length }, (_, row) => axis.placeOf(cellOf(column, row)));
}

/**
 * Rows without known cells; with the first, the last or a middle cell; and with all cells but one. Some are rows as the
 * density has them, others any rows.
 */
function holedRows(grid: RowGrid, all: readonly Float64Array[], key: Key): HoledRow[] {
  const count = grid.axes.length;
  const sets = new Map<string, readonly boolean[]>();
  const add = (isKnown: (k: number) => boolean): void => {
    const flags = grid.axes.map((_, k) => isKnown(k));
    sets.set(flags.join(), flags);
  };
  const hole = Math.floor((key.fold("hole").uniform(1)[0] as number) * count);
  for (const known of [-1, 0, Math.floor(count / 2), count - 1]) add((k) => k === known && count > 1);
  add((k) => k !== hole);
  return [...sets.values()].flatMap((isKnown, s) =>
    (isKnown.includes(true) ? ["likely", "likely too", "any"] : ["likely"]).map((kind): HoledRow => {
      const [ofContext, ofRow, ...ofCells] = key.fold(`${kind} ${s}`).uniform(2 + count) as unknown as [
        number,
        number,
        ...number[],
      ];
      const given = Math.floor(ofContext * all.length);
      const likely = chosenRow(all[given] as Float64Array, ofRow);
      const places = grid.axes.map(({ cells }, k) => {
        if (!isKnown[k]) return -1;
        if (kind === "any") return Math.floor((ofCells[k] as number) * cells.length);
        return Math.floor(likely / (grid.strides[k] as number)) % cells.length;
      });
      return { given, places };
    }),
  );
}

/** The row that a number from 0 to 1 chooses by probabilities. */
function chosenRow(ofRows: Float64Array, u: number): number {
  let left = u * ofRows.reduce((sum, p) => sum + p, 0);
  for (let row = 0; row < ofRows.length; row++) {
    left -= ofRows[row] as number;
    if (left < 0) return row;
  }
  return 0;
}

/** What a hole contains does not matter: it is the first cell of its column. */
function tableOf(grid: RowGrid, rows: readonly HoledRow[], context: TableLike | undefined): TableLike {
  const given = (context?.columns ?? []).map((column) =>
    columnOfCells(
      column.name,
      column.kind,
      rows.map((row) => cellOf(column, row.given)),
    ),
  );
  const own = grid.axes.map(({ name, kind, cells }, k) =>
    columnOfCells(
      name,
      kind,
      rows.map(({ places }) => cells[Math.max(0, places[k] as number)]),
    ),
  );
  return { rows: rows.length, columns: [...given, ...own] };
}

/** The draws of a row: for each axis the places of their cells, and log-weights. */
interface PlacedDraws {
  readonly places: readonly Int32Array[];
  /** 1 for a draw that breaks a rule. Default: none. */
  readonly isBroken: Int32Array | undefined;
  readonly logWeights: Float64Array;
}

/** Boxes of the cells in some holes. */
interface HoleBoxes {
  /** Places of the holes among all holes. */
  readonly holes: readonly number[];
  /** Boxes of each hole, and the box of each place of its axis. */
  readonly most: number;
  readonly ofHoles: readonly Int32Array[];
  /** The probabilities of the boxes given the known cells, apart from cells that are never drawn. */
  readonly expected: Float64Array;
}

/** The sum of the weights of some cells, its error in standard errors, and what was expected. */
interface BoxError {
  readonly cells: string;
  readonly error: number;
  readonly got: number;
  readonly expected: number;
}

/** The distribution of the cells in the holes of a row given its known cells. */
class HoleDistribution {
  private readonly density: GridDensity;
  private readonly row: HoledRow;
  private readonly mayBeMissing: boolean;
  /** The axes with a hole. */
  private readonly axes: readonly number[];
  /** Log-density of the known cells; -Infinity if they cannot occur. */
  private readonly logKnown: number;
  /** The probability of cells that are never drawn. */
  private readonly undrawn: number;
  private readonly boxes: readonly HoleBoxes[];

  constructor(density: GridDensity, row: HoledRow, mayBeMissing: boolean) {
    this.density = density;
    this.row = row;
    this.mayBeMissing = mayBeMissing;
    this.axes = row.places.flatMap((place, k) => (place === -1 ? [k] : []));
    const { axes } = density.grid;
    const marginals = this.axes.map((k) => new Float64Array((axes[k] as GridAxis).cells.length));
    let [total, drawn] = [0, 0];
    this.visit((p, places, isDrawn) => {
      total += p;
      if (!isDrawn) return;
      drawn += p;
      for (const [h, marginal] of marginals.entries()) {
        marginal[places[h] as number] = (marginal[places[h] as number] as number) + p;
      }
    });
    const measure = row.places.reduce((product, place, k) => product * (axes[k]?.weights[place] ?? 1), 1);
    this.logKnown = Math.log(total / measure);
    this.undrawn = (total - drawn) / total;
    const single = marginals.map((marginal, h) => {
      const ofHole = evenBoxes(marginal, BOXES);
      const expected = new Float64Array(BOXES);
      for (const [place, p] of marginal.entries()) {
        expected[ofHole[place] as number] = (expected[ofHole[place] as number] as number) + p / total;
      }
      return { holes: [h], most: BOXES, ofHoles: [ofHole], expected };
    });
    this.boxes = single.length > 1 ? [this.jointBoxes(marginals, total), ...single] : single;
  }

  private jointBoxes(marginals: readonly Float64Array[], total: number): HoleBoxes {
    const most = Math.max(2, Math.floor(JOINT_BOXES ** (1 / marginals.length)));
    const ofHoles = marginals.map((marginal) => evenBoxes(marginal, most));
    const expected = new Float64Array(most ** marginals.length);
    const boxes = { holes: [...marginals.keys()], most, ofHoles, expected };
    this.visit((p, places, isDrawn) => {
      if (!isDrawn) return;
      const box = boxAt(boxes, (h) => places[h] as number);
      expected[box] = (expected[box] as number) + p / total;
    });
    return boxes;
  }

  /** Calls a function for each row of the grid with the known cells: with its probability, and the place of each hole's cell. */
  private visit(call: (probability: number, places: readonly number[], isDrawn: boolean) => void): void {
    const { grid, ofRows, broken } = this.density;
    const sizes = this.axes.map((k) => (grid.axes[k] as GridAxis).cells.length);
    const strides = this.axes.map((k) => grid.strides[k] as number);
    const places = sizes.map(() => 0);
    let row = this.row.places.reduce((sum, place, k) => sum + Math.max(0, place) * (grid.strides[k] as number), 0);
    for (;;) {
      if (this.canBe((h) => places[h] as number)) {
        call(ofRows[row] as number, places, broken[row] !== 1 && this.isDrawn((h) => places[h] as number));
      }
      let h = sizes.length - 1;
      while (h >= 0 && places[h] === (sizes[h] as number) - 1) {
        row -= (places[h] as number) * (strides[h] as number);
        places[h--] = 0;
      }
      if (h < 0) return;
      places[h] = (places[h] as number) + 1;
      row += strides[h] as number;
    }
  }

  /** `false` if a cell is missing that may not be. */
  private canBe(placeOf: (hole: number) => number): boolean {
    if (this.mayBeMissing) return true;
    const { axes } = this.density.grid;
    return this.axes.every((k, h) => axes[k]?.cells[placeOf(h)] !== undefined);
  }

  /** `false` if a cell is never drawn. */
  private isDrawn(placeOf: (hole: number) => number): boolean {
    const { axes } = this.density.grid;
    return this.axes.every((k, h) => placeOf(h) >= (axes[k] as GridAxis).unseen);
  }

  /** The cells whose weights differ most from their probability. Known cells that cannot occur have none. */
  worst({ places, isBroken, logWeights }: PlacedDraws, slack: number): BoxError {
    let worst: BoxError = { cells: "", error: 0, got: 0, expected: 0 };
    if (this.logKnown === Number.NEGATIVE_INFINITY) return worst;
    const shares = logWeights.map((value) => Math.exp(value - this.logKnown));
    for (const boxes of this.boxes) {
      const found = worstBox(shares, boxes.expected, this.undrawn, slack, (draw) => {
        const placeOf = (h: number): number => places[this.axes[h] as number]?.[draw] as number;
        if (isBroken?.[draw] === 1 || !this.canBe(placeOf) || !this.isDrawn(placeOf)) return -1;
        return boxAt(boxes, placeOf);
      });
      if (found.error > worst.error) worst = { ...found, cells: this.describe(boxes, found.box) };
    }
    return worst;
  }

  /** The cells of a box, as messages print them. */
  private describe({ holes, most, ofHoles, expected }: HoleBoxes, box: number): string {
    if (box === expected.length) return "rare cells";
    if (box > expected.length) return "cells that are never drawn";
    const parts = holes.map((h, i) => {
      const own = Math.floor(box / most ** (holes.length - 1 - i)) % most;
      const { name, cells, unseen } = this.density.grid.axes[this.axes[h] as number] as GridAxis;
      const inside = cells.filter((_, place) => place >= unseen && ofHoles[i]?.[place] === own);
      const ends = [...new Set([formatCell(inside[0]), formatCell(inside.at(-1))])];
      return `${name} ${ends.join(inside.length > 2 ? " to " : " or ")}`;
    });
    return parts.join(" and ");
  }
}

/** The box of each place of an axis. Boxes are of about equal probability. */
function evenBoxes(marginal: Float64Array, most: number): Int32Array {
  const mass = marginal.reduce((sum, p) => sum + p, 0);
  let before = 0;
  return Int32Array.from(marginal, (p) => {
    const box = mass > 0 ? Math.min(most - 1, Math.floor((most * before) / mass)) : 0;
    before += p;
    return box;
  });
}

/** The box of the cells at some places. */
function boxAt({ holes, most, ofHoles }: HoleBoxes, placeOf: (hole: number) => number): number {
  let box = 0;
  for (let i = 0; i < holes.length; i++) {
    box = box * most + (ofHoles[i]?.[placeOf(holes[i] as number)] as number);
  }
  return box;
}

/**
 * The box whose sum of weights differs most from its probability. Boxes with few draws are counted as one, behind the
 * others. Last come cells that are never drawn: as numbers that follow from known cells they may be drawn, up to their
 * probability.
 */
function worstBox(
  shares: Float64Array,
  expected: Float64Array,
  undrawn: number,
  slack: number,
  boxOf: (draw: number) => number,
): { readonly box: number; readonly error: number; readonly got: number; readonly expected: number } {
  const count = shares.length;
  const rare = expected.length;
  const got = new Float64Array(rare + 2);
  const squares = new Float64Array(rare + 2);
  const add = (box: number, share: number, square: number): void => {
    got[box] = (got[box] as number) + share / count;
    squares[box] = (squares[box] as number) + square / count;
  };
  for (const [draw, share] of shares.entries()) {
    const box = boxOf(draw);
    add(box < 0 ? rare + 1 : box, share, share ** 2);
  }
  const [sum, square] = [got, squares].map((values) => values.reduce((total, value) => total + value, 0)) as [
    number,
    number,
  ];
  // Draws divided by the effective sample size, for weights with the mean 1.
  const spread = Math.max(1, sum > 0 ? square / sum : 1);
  let worst = { box: -1, error: 0, got: 0, expected: 0 };
  const compare = (box: number, low: number, high: number): void => {
    const own = got[box] as number;
    const excess = Math.max(0, low - own - slack, own - high - slack);
    // The variance is expected or found, whichever is larger: few draws do not have the weights of rare ones.
    const error = excess === 0 ? 0 : excess / Math.sqrt(Math.max(low * spread, squares[box] as number) / count);
    if (error <= worst.error) return;
    const size = Number.isNaN(error) ? Number.POSITIVE_INFINITY : error;
    worst = { box, error: size, got: own, expected: own < low ? low : high };
  };
  let expectedRare = 0;
  for (const [box, probability] of expected.entries()) {
    if ((probability * count) / spread >= FEWEST_EXPECTED) {
      compare(box, probability, probability);
      continue;
    }
    expectedRare += probability;
    add(rare, (got[box] as number) * count, (squares[box] as number) * count);
  }
  compare(rare, expectedRare, expectedRare);
  compare(rare + 1, 0, undrawn);
  return worst;
}

function describeRow({ axes }: RowGrid, { given, places }: HoledRow, { mayBeMissing, isInOrder }: Way): string {
  const cells = axes.map(({ name, cells: own }, k) => {
    const place = places[k] as number;
    return `${name}: ${place < 0 ? "a hole" : formatCell(own[place])}`;
  });
  const context = given > 0 ? ` given row ${given}` : "";
  const how = `${mayBeMissing ? "" : ", where no hole may be missing"}${isInOrder ? ", in the order of the columns" : ""}`;
  return `(${cells.join(", ")})${context}${how}`;
}
