import type { Column, Table } from "@pushforward/datasets";
import type { FreeCells } from "../mixtures/hole-rows.ts";
import { columnOf } from "./coding/category-coding.ts";
import { NumberCoding } from "./coding/number-coding.ts";
import type { DensityColumn, DependentDensityColumn } from "./density-column.ts";
import {
  type Cell,
  cellAt,
  columnFromCells,
  type DependentCells,
  followingCells,
  isFollowing,
  NOTHING,
  nearestOn,
  RELATIVE_ROUNDING,
} from "./dependent-cells.ts";

/** A table with holes. */
interface TableWithHoles {
  readonly table: Table;
  readonly holes: FreeCells;
}

/**
 * Fills the holes that a known dependent cell determines: if b is a copy of a, a hole in a has the value of b. Sums,
 * differences, affine functions and one-to-one functions determine their source as well, if no rounding is between them.
 * Without it, draws of the source contradict the known cell.
 */
export function fillDetermined(columns: readonly DensityColumn[], task: TableWithHoles): TableWithHoles {
  const dependents = columns.filter((column): column is DependentDensityColumn => column.dependent !== undefined);
  if (dependents.length === 0 || task.holes.size === 0) return task;
  const filling = new HoleFilling(columns, task);
  // A cell that is found may determine further ones; each pass finds at least one.
  while (dependents.some((column) => filling.fill(column)));
  return filling.result();
}

class HoleFilling {
  private readonly columns: readonly DensityColumn[];
  private readonly task: TableWithHoles;
  private readonly holes: Map<string, Uint8Array>;
  private readonly cells: Map<string, Cell[]> = new Map();
  private readonly source: ReadonlyMap<string, Column>;

  constructor(columns: readonly DensityColumn[], task: TableWithHoles) {
    this.columns = columns;
    this.task = task;
    this.holes = new Map(task.holes);
    this.source = new Map(columns.map(({ name }) => [name, columnOf(task.table, name)]));
  }

  /** Fills the sources of a dependent column; returns whether it has filled any. */
  fill(column: DependentDensityColumn): boolean {
    const { dependent, name } = column;
    const sources = dependent.from.map((place) => this.columns[place] as DensityColumn);
    if (!sources.some((one) => this.holes.has(one.name))) return false;
    let isFilled = false;
    for (let row = 0; row < this.task.table.rows; row++) {
      const open = sources.filter((one) => this.isHole(one.name, row));
      const [only] = open;
      if (open.length !== 1 || only === undefined || this.isHole(name, row)) continue;
      const known = sources.map((one) => this.cellOf(one.name, row));
      const cell = sourceCell(column, only, sources.indexOf(only), known, this.cellOf(name, row));
      if (cell === undefined) continue;
      this.set(only.name, row, cell);
      isFilled = true;
    }
    return isFilled;
  }

  result(): TableWithHoles {
    const { table } = this.task;
    return {
      table: {
        rows: table.rows,
        columns: table.columns.map((column) => {
          const cells = this.cells.get(column.name);
          return cells === undefined ? column : columnFromCells(column.name, column.kind, cells);
        }),
      },
      // A column without a hole is no column with holes.
      holes: new Map([...this.holes].filter(([, mask]) => mask.includes(1))),
    };
  }

  private isHole(name: string, row: number): boolean {
    return this.holes.get(name)?.[row] === 1;
  }

  private cellOf(name: string, row: number): Cell {
    const cells = this.cells.get(name);
    return cells === undefined ? cellAt(this.source.get(name) as Column, row) : cells[row];
  }

  private set(name: string, row: number, cell: Cell): void {
    const column = this.source.get(name) as Column;
    let cells = this.cells.get(name);
    if (cells === undefined) {
      cells = Array.from({ length: column.values.length }, (_, i) => cellAt(column, i));
      this.cells.set(name, cells);
      this.holes.set(name, (this.holes.get(name) as Uint8Array).slice());
    }
    cells[row] = cell;
    (this.holes.get(name) as Uint8Array)[row] = 0;
  }
}

/** The present cell of a source from which a known dependent cell follows; undefined if it is not determined. */
function sourceCell(
  column: DependentDensityColumn,
  source: DensityColumn,
  place: number,
  known: readonly Cell[],
  cell: Cell,
): Cell {
  if (cell === undefined) return undefined;
  const { relation, keys, values } = column.dependent;
  if (relation.type === "duplicate") return cell;
  if (relation.type === "function") {
    const fitting = keys.filter((key, i) => key !== undefined && values[i] === cell);
    return fitting.length === 1 ? fitting[0] : undefined;
  }
  const others = known.filter((_, k) => k !== place);
  if (typeof cell !== "number" || others.some((one) => typeof one !== "number")) return undefined;
  const found = solved(relation, place, cell, others as readonly number[]);
  if (found === undefined || isRounded(column, source, found)) return undefined;
  const { x } = found;
  // Both roots can be the source.
  const isSquared = relation.type === "square" || (relation.type === "ratio" && relation.isBySquare && place === 1);
  if (isSquared && -x < 0 && (source.coding.support?.low ?? 0) <= -x) return undefined;
  return [nearestOn(source.coding, x), x].find((candidate) => isSource(column, source, candidate, place, known, cell));
}

/** A source of a computed number, and the slope of the number at this source. */
interface Solution {
  readonly x: number;
  readonly slope: number;
}

/** The source that solves a relation; undefined if none or several do. */
function solved(
  relation: DependentCells["relation"],
  place: number,
  cell: number,
  others: readonly number[],
): Solution | undefined {
  const [other = 0] = others;
  switch (relation.type) {
    case "linear": {
      const { weights, plus } = relation;
      const slope = weights[place] as number;
      const rest = others.reduce((sum, value, k) => sum + (weights[k < place ? k : k + 1] as number) * value, plus);
      return { x: (cell - rest) / slope, slope };
    }
    case "product": {
      const { scale = 1, rate } = relation;
      // cell = slope · (x + shift).
      const slope = scale * (rate === undefined ? other : place === 0 ? 1 + rate * other : rate * other);
      const shift = rate === undefined || place === 0 ? 0 : 1 / rate;
      return slope === 0 ? undefined : { x: cell / slope - shift, slope };
    }
    case "ratio": {
      const { scale = 1, isBySquare = false } = relation;
      if (place === 0) {
        const divisor = isBySquare ? other ** 2 : other;
        return divisor === 0 ? undefined : { x: (cell * divisor) / scale, slope: scale / divisor };
      }
      if (cell === 0) return undefined;
      const quotient = (scale * other) / cell;
      const x = isBySquare ? Math.sqrt(quotient) : quotient;
      return { x, slope: -((isBySquare ? 2 : 1) * cell) / x };
    }
    case "log":
      return { x: Math.exp(cell), slope: Math.exp(-cell) };
    case "square":
      return { x: Math.sqrt(cell), slope: 2 * Math.sqrt(cell) };
    default:
      return undefined;
  }
}

/** `true` if several numbers of the source lead to the same dependent number, because it is rounded. */
function isRounded(
  { coding, dependent }: DependentDensityColumn,
  source: DensityColumn,
  { x, slope }: Solution,
): boolean {
  const width = Math.max(coding.step, 2 * dependent.tolerance) / Math.abs(slope);
  return !(width <= source.coding.step * (1 + RELATIVE_ROUNDING) + RELATIVE_ROUNDING * Math.abs(x));
}

/** `true` if a number can occur in the source, and the dependent cell follows from it. */
function isSource(
  { dependent, coding }: DependentDensityColumn,
  source: DensityColumn,
  candidate: number,
  place: number,
  known: readonly Cell[],
  cell: Cell,
): boolean {
  if (source.coding instanceof NumberCoding && !source.coding.canOccur(candidate)) return false;
  const cells = known.map((one, k) => (k === place ? candidate : one));
  const columns = cells.map((one) => columnFromCells("", "number", [one]));
  const [following = NOTHING] = followingCells(dependent, columns, 1, coding);
  return following !== NOTHING && isFollowing(cell, following as Cell, coding.step, dependent.tolerance);
}
