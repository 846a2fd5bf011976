import { type Codec, type Key, OptionError } from "@pushforward/core";
import { AbstractModule, checkRowDraws, classCodec, field } from "@pushforward/core/extend";
import type { Table } from "@pushforward/datasets";
import { joinTables, takeTableRows } from "@pushforward/datasets/extend";
import type { CellRule } from "../density/cell-limits.ts";
import type { NumberSupport } from "../density/coding/category-coding.ts";
import { type DensityColumn, isCopied } from "../density/density-column.ts";
import { sumCells, TableDensity } from "../density/table-density.ts";
import type { NormalMixture } from "../mixtures/normal-mixture/normal-mixture.ts";
import type { ProductMixture } from "../mixtures/product-mixture/product-mixture.ts";
import { TableMixture } from "../mixtures/table-mixture.ts";
import type { RowDensity } from "../model/table-model.ts";
import { describeRule, describeRules, type RowRule, rowsThatKeep, rulesFromJson, rulesToJson } from "./row-rules.ts";
import { type CellSum, cellSum } from "./sum-rules.ts";

/** Parts of a {@link RuledDensity}. */
export interface RuledDensityParts {
  /** A density without context columns. */
  readonly density: TableDensity | TableMixture;
  /** At least one rule. */
  readonly rules: readonly RowRule[];
  /**
   * The probability P that a row of the density keeps all rules that are not normalized by column. Default: all rules are
   * normalized by column. This needs columns that only networks model: no other density is mixed with them, or they may be
   * copies.
   */
  readonly share?: number | undefined;
  /** With a share: `true` if rules of columns that may be copies are normalized by column. Default: false. */
  readonly copiesByColumn?: boolean | undefined;
  /**
   * With a share: `true` if the networks keep all rules by column, so that only rows of the other densities of a mixture break a
   * rule. Includes `copiesByColumn`. Default: false.
   */
  readonly networksByColumn?: boolean | undefined;
  /** The probability ε that a row, or a cell given the earlier cells, breaks a rule. */
  readonly floor: number;
}

/**
 * The density of a table with rows that satisfy rules. By column, each cell keeps the rules of its column with earlier
 * columns. The probability of a cell by each network is then
 *
 *     p(x | earlier cells) = p₀(x | earlier cells) f(x) / Σ p₀(x | earlier cells) f(x),
 *
 * where f is 1 for a cell that keeps all rules and ε for any other cell. The sum over all cells is known, so that the
 * density is exact. By row, as in older files and for the other densities of a mixture, it is
 *
 *     p(row) = p₀(row) · (ε + (1 − ε) · [row keeps all rules] / P),  P = ∫ p₀(row) [row keeps all rules],
 *
 * exact up to the error of P, which `fitTable` estimates by draws of p₀. The factor belongs to the last column of the
 * first broken rule, or of all rules if none is broken. A row that breaks a rule has a finite log-density and is never drawn.
 */
export class RuledDensity extends AbstractModule {
  readonly density: TableDensity | TableMixture;
  readonly rules: readonly RowRule[];
  readonly share: number | undefined;
  readonly copiesByColumn: boolean | undefined;
  readonly networksByColumn: boolean | undefined;
  readonly floor: number;
  /** The rules that are normalized by row. */
  readonly rowRules: readonly RowRule[];
  /** The density with columns that keep rules; undefined if all rules are by row. */
  readonly ruled: TableDensity | TableMixture | undefined;

  /**
   * @throws {OptionError} a density with context columns, no rules, unknown columns, probabilities out of range, or no
   * share for a density that has other parts than networks.
   */
  constructor({ density, rules, share, copiesByColumn, networksByColumn, floor }: RuledDensityParts) {
    super();
    if (density.context.length > 0 || rules.length === 0) {
      throw new OptionError(
        `RuledDensity: expected rules for a density without context columns, got ${rules.length} rules and ${density.context.length} context columns.`,
      );
    }
    const isShare = share === undefined || (share > 0 && share <= 1);
    if (!(isShare && floor > 0 && floor < 1)) {
      throw new OptionError(`RuledDensity: expected share in (0, 1] and floor in (0, 1), got ${share} and ${floor}.`);
    }
    const kinds = new Map(density.columns.map(({ name, coding }) => [name, coding.columnKind]));
    for (const { type, columns } of rules) {
      for (const [k, name] of columns.entries()) {
        const kind = kinds.get(name);
        const isOfStates = type === "combinations" || (type === "range" && k === 0);
        if (kind !== undefined && (isOfStates || kind === "number")) continue;
        const wanted = isOfStates ? "a column of the density" : "a column of numbers";
        throw new OptionError(`RuledDensity: expected ${wanted} in a rule, got "${name}".`);
      }
    }
    this.density = density;
    this.rules = rules;
    this.share = share;
    this.copiesByColumn = copiesByColumn;
    this.networksByColumn = networksByColumn;
    this.floor = floor;
    const ofCopies = copiesByColumn === true || networksByColumn === true;
    const isByColumn = (rule: RowRule): boolean =>
      share === undefined || (ofCopies && isCopied(lastColumn(density.columns, rule)));
    this.rowRules = rules.filter((rule) => !isByColumn(rule));
    const columnRules = networksByColumn === true ? rules : rules.filter(isByColumn);
    if (share === undefined) checkByColumn(density, rules);
    this.ruled = columnRules.length > 0 ? withLimits(density, columnRules, floor) : undefined;
  }

  /**
   * `log(ε + (1 − ε)/P)` and `log ε`: the factors of rows that keep all rules by row, and of rows that break one, in nats.
   */
  get logKept(): number {
    return this.share === undefined ? 0 : Math.log(this.floor + (1 - this.floor) / this.share);
  }

  get logBroken(): number {
    return Math.log(this.floor);
  }

  get columns(): readonly DensityColumn[] {
    return this.density.columns;
  }

  /** No context columns. */
  get context(): readonly string[] {
    return [];
  }

  /**
   * Log-density of each row of a table, in nats.
   *
   * @throws {DataError} a column is missing or of the wrong kind.
   */
  logProb(table: Table): Float64Array {
    return sumCells(this.cellLogProb(table), table.rows);
  }

  /** Log-probability of the cells of each column given the earlier cells, in nats. Throws as {@link logProb}. */
  cellLogProb(table: Table): Float64Array[] {
    const cells = (this.ruled ?? this.density).cellLogProb(table);
    if (this.rowRules.length === 0) return cells;
    const places = this.rowRules.map((rule) => this.placeOf(rule));
    const last = Math.max(...places);
    for (const [row, broken] of firstBroken(this.rowRules, table).entries()) {
      const column = cells[broken < 0 ? last : (places[broken] as number)] as Float64Array;
      column[row] = (column[row] as number) + this.logFactor(broken < 0);
    }
    return cells;
  }

  /** For each row the first rule that it breaks; −1 if it keeps all rules. @throws {DataError} as {@link logProb}. */
  firstBroken(table: Table): Int32Array {
    return firstBroken(this.rules, table);
  }

  /** Draws rows that keep all rules. The same key produces the same rows. */
  sample(key: Key, rows: number, options: { readonly context?: Table | undefined } = {}): Table {
    checkRowDraws("RuledDensity.sample", key, rows);
    const density = this.ruled ?? this.density;
    const parts: Table[] = [];
    let count = 0;
    let share = this.share ?? 1;
    for (let turn = 0; turn === 0 || count < rows; turn++) {
      const lacking = rows - count;
      const tries = turn === 0 ? rows : Math.ceil((1.1 * lacking) / share) + 8;
      const drawn = density.sample(turn === 0 ? key : key.fold(`turn ${turn}`), tries, options);
      const broken = this.firstBroken(drawn);
      const kept = Array.from(broken.keys()).filter((row) => broken[row] === -1);
      parts.push(takeTableRows(drawn, kept.slice(0, lacking)));
      count += Math.min(kept.length, lacking);
      if (this.share === undefined) share = Math.max(LEAST_SHARE, kept.length / tries);
    }
    return joinTables(parts) as Table;
  }

  /** Draws the holes of rows several times, with importance weights. */
  get drawHoles(): RowDensity["drawHoles"] {
    const density: RowDensity = this.ruled ?? this.density;
    if (density.drawHoles === undefined || this.rowRules.length === 0) return density.drawHoles?.bind(density);
    return (task, proposals) => {
      const drawn = (density.drawHoles as NonNullable<RowDensity["drawHoles"]>)(task, proposals);
      const broken = firstBroken(this.rowRules, drawn.table);
      return { ...drawn, logWeights: drawn.logWeights.map((value, row) => value + this.logFactor(broken[row] === -1)) };
    };
  }

  /** A mixture that is part of the density without the rules. */
  get ownMixture(): NormalMixture | ProductMixture | undefined {
    return this.density.ownMixture;
  }

  /** Numbers of a column that can be drawn. */
  support(name: string): NumberSupport | undefined {
    return this.density.support(name);
  }

  /** A line for each density that is mixed with the networks, and for each rule. */
  describeMembers(): string[] {
    return [...this.density.describeMembers(), ...describeRules(this.rules).map((rule) => `in each row: ${rule}`)];
  }

  private placeOf({ columns }: RowRule): number {
    return Math.max(...columns.map((name) => this.columns.findIndex((column) => column.name === name)));
  }

  private logFactor(isKept: boolean): number {
    return isKept ? this.logKept : this.logBroken;
  }
}

/** For each row the first rule that it breaks; −1 if it keeps all rules. */
function firstBroken(rules: readonly RowRule[], table: Table): Int32Array {
  const kept = rules.map((rule) => rowsThatKeep(rule, table));
  return Int32Array.from({ length: table.rows }, (_, row) => kept.findIndex((keeps) => keeps[row] === 0));
}

/** The later column of a rule. */
function lastColumn(columns: readonly DensityColumn[], { columns: names }: RowRule): DensityColumn {
  return columns.findLast(({ name }) => names.includes(name)) as DensityColumn;
}

/** Where fewer draws keep the rules, which only a model without training would do, not all of them are made at once. */
const LEAST_SHARE = 0.05;

/** Checks that only networks model the later columns of rules, or that these may be copies. */
function checkByColumn(density: TableDensity | TableMixture, rules: readonly RowRule[]): void {
  const free = rules.find((rule) => !isCopied(lastColumn(density.columns, rule)));
  if (density instanceof TableDensity || density.parts.length === 0 || free === undefined) return;
  throw new OptionError(
    `RuledDensity: expected a share for the rule ${describeRule(free)}, because other densities are mixed with the networks, got none.`,
  );
}

/** A density with columns that keep rules with earlier columns. */
function withLimits(
  density: TableDensity | TableMixture,
  rules: readonly RowRule[],
  floor: number,
): TableDensity | TableMixture {
  const { columns } = density;
  const ofColumns = columns.map((): { rules: CellRule[]; sums: CellSum[] } => ({ rules: [], sums: [] }));
  for (const rule of rules) {
    const places = rule.columns.map((name) => columns.findIndex((column) => column.name === name));
    const last = Math.max(...places);
    const { name, dependent, copies } = columns[last] as DensityColumn;
    // Missing cells that may become copies, as in older files, are no cells of the networks.
    if (dependent !== undefined || (copies !== undefined && copies.kept === undefined)) {
      const reason = dependent !== undefined ? "follows from other columns" : "may be missing instead of a copy";
      throw new OptionError(`RuledDensity: expected a share for a rule of "${name}", which ${reason}, got none.`);
    }
    if (rule.type === "sum") {
      ofColumns[last]?.sums.push(cellSum(rule, places));
      continue;
    }
    const place = Math.min(...places);
    const coding = (columns[place] as DensityColumn).coding;
    ofColumns[last]?.rules.push({ rule, place, coding, isFirst: place === places[0] });
  }
  const limited = new TableDensity(
    columns.map((column, k) => {
      const own = ofColumns[k] as (typeof ofColumns)[number];
      return own.rules.length + own.sums.length === 0 ? column : { ...column, limits: { ...own, floor } };
    }),
  );
  if (density instanceof TableDensity) return limited;
  return new TableMixture({ density: limited, members: density.members, weights: density.weights });
}

/** Codec of {@link RuledDensity}. */
export const ruledDensityCodec: Codec<RuledDensity> = classCodec("pushforward/ruled-density", RuledDensity, {
  density: field.object(
    (value): value is TableDensity | TableMixture => value instanceof TableDensity || value instanceof TableMixture,
    "a table density or a mixture of table densities",
  ),
  rules: { read: (reader, name) => rulesFromJson(reader.array(name)), write: rulesToJson },
  share: field.maybe(field.number({ min: 0 })),
  copiesByColumn: field.maybe(field.boolean()),
  networksByColumn: field.maybe(field.boolean()),
  floor: field.number({ min: 0 }),
});
