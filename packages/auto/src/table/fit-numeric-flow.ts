import type { Table } from "@pushforward/datasets";
import { takeTableRows } from "@pushforward/datasets/extend";
import type { FitTableDensityOptions, TableDensity } from "@pushforward/tables";
import {
  type FlowContext,
  flowContext,
  type Learnable,
  type NumericColumn,
  NumericFlow,
  numericRows,
  tableParts,
} from "@pushforward/tables/extend";
import { fitAuto } from "../fit-auto.ts";
import type { AutoRows } from "../fit-auto-options.ts";

/** A flow that complements the networks. */
export interface FittedFlow {
  readonly model: NumericFlow;
  /** Indices, among the validation rows of the networks, of the rows that validate this flow. */
  readonly rows: Int32Array;
  /**
   * Log-density of the numbers given the other columns, for these rows, from flows that were fitted without these rows.
   */
  readonly validationLogProb: Float64Array;
}

/** Up to here each of the folds validates a flow; of more rows one fold is enough. */
const MOST_FOLDED_ROWS = 1000;
/** From here on one member is nearly as good as two, which take twice the time. */
const MANY_ROWS = 500;
/** More columns than that say little of each number, and cost much. */
const MOST_CONTEXT = 200;
const LEAST_VALIDATION_ROWS = 8;

/**
 * Fits a flow to some columns of a density given the rest, with the same rows for training and validation. Undefined if
 * the table has too few rows, a validation row has no such numbers, or the rest has too large a number of columns.
 */
export async function fitNumericFlow(
  table: Table,
  columns: readonly NumericColumn[],
  density: TableDensity,
  options: FitTableDensityOptions,
): Promise<FittedFlow | undefined> {
  const fit = new FlowFit(columns, density, options);
  const parts = tableParts(table, density.columns.length, options);
  const isFolded = parts.folds.length > 0;
  const folds = isFolded
    ? parts.folds.slice(0, table.rows <= MOST_FOLDED_ROWS ? parts.folds.length : 1).map(({ train, validation }) => ({
        train: takeTableRows(table, train),
        validation: takeTableRows(table, validation),
        rows: validation,
      }))
    : [{ ...parts, rows: Int32Array.from({ length: parts.validation.rows }, (_, row) => row) }];
  if (folds.some(({ validation }) => validation.rows < LEAST_VALIDATION_ROWS)) return undefined;
  if (folds.some(({ validation }) => !numericRows(validation, columns).logVolume.every(Number.isFinite)))
    return undefined;
  if ((fit.contextOf(takeTableRows(table, []))?.values.shape[1] ?? 0) > MOST_CONTEXT) return undefined;
  const rows: number[] = [];
  const validationLogProb: number[] = [];
  let last: NumericFlow | undefined;
  let isDone = false;
  try {
    for (const [k, fold] of folds.entries()) {
      last?.dispose();
      last = undefined;
      last = await fit.model(fold.train, fold.validation, k);
      if (options.signal?.aborted) return undefined;
      rows.push(...fold.rows);
      validationLogProb.push(...last.logProb(fold.validation, density.columns));
    }
    if (folds.length > 1) {
      last?.dispose();
      last = undefined;
      last = await fit.model(table, undefined, folds.length);
    }
    if (last === undefined || options.signal?.aborted) return undefined;
    isDone = true;
    return {
      ...{ model: last, rows: Int32Array.from(rows) },
      validationLogProb: Float64Array.from(validationLogProb),
    };
  } finally {
    if (!isDone) last?.dispose();
  }
}

class FlowFit {
  private readonly columns: readonly NumericColumn[];
  private readonly density: TableDensity;
  private readonly options: FitTableDensityOptions;

  constructor(columns: readonly NumericColumn[], density: TableDensity, options: FitTableDensityOptions) {
    this.columns = columns;
    this.density = density;
    this.options = options;
  }

  /** The other columns as context; undefined without other columns. */
  contextOf(table: Table): FlowContext | undefined {
    const names = this.columns.map(({ name }) => name);
    return flowContext(this.density.columns, names, table);
  }

  /** @param validation Default: some of the rows. */
  async model(train: Table, validation: Table | undefined, number: number): Promise<NumericFlow> {
    const { key, maxEpochs, signal } = this.options;
    const { rows, classes } = this.rowsOf(train);
    const { model: flow } = await fitAuto(rows, {
      // One thread: the same key gives the same model, however many workers there are.
      ...{ key: key.fold("flow").fold(number), threads: 1, maxEpochs, signal, dequantize: [], bounds: false },
      ...(validation && { validation: this.rowsOf(validation).rows }),
      ...(classes.length === 1 && { contextClasses: classes }),
      quality: train.rows > MANY_ROWS ? "fast" : "default",
    });
    return new NumericFlow({
      columns: this.columns.map(({ name }) => name),
      scales: this.columns.map(({ scale }) => scale),
      flow,
    });
  }

  /** The numbers and the other columns, if there are any, and the columns of each block of categories among these. */
  private rowsOf(table: Table): { readonly rows: AutoRows; readonly classes: FlowContext["classes"] } {
    const context = this.contextOf(table);
    const x = numericRows(table, this.columns).values;
    return context === undefined
      ? { rows: { x }, classes: [] }
      : { rows: { x, context: context.values }, classes: context.classes };
  }
}

/** A single column is no less well described by its network. */
const LEAST_COLUMNS = 2;
/** With more the densities of flows gain little for their time. */
const MOST_COLUMNS = 64;
const LEAST_ROWS = 40;
/** Of the rows: numbers that repeat have probabilities of their own. */
const LEAST_DISTINCT = 0.7;
/** Quantile that is below most of the numbers but does not depend on the smallest one. */
const SCALE_QUANTILE = 0.05;

/**
 * Returns the columns with a joint density that a flow may learn: real numbers off any grid, without missing cells,
 * bounds or repeated values. Empty for fewer than two such columns, or for few rows.
 */
export function flowColumns(
  { table, variables, chosen, context, relations }: Learnable,
  steps: ReadonlyMap<string, number> | undefined,
): NumericColumn[] {
  if (table.rows < LEAST_ROWS) return [];
  const following = new Set(relations.map(({ column }) => column));
  const found = table.columns.flatMap((column) => {
    const { name } = column;
    const variable = variables?.find((candidate) => candidate.name === name);
    if (column.kind !== "number" || !chosen.includes(name) || context.includes(name) || following.has(name)) return [];
    if (variable !== undefined && variable.kind !== "real" && variable.kind !== "positive") return [];
    const sorted = Float64Array.from(column.values).sort();
    // Missing numbers are sorted to the end.
    if (!Number.isFinite(sorted.at(-1)) || !Number.isFinite(sorted[0])) return [];
    const step = steps?.get(name) ?? (variable === undefined ? undefined : (variable.step ?? 0));
    if (step === undefined ? sorted.every(Number.isInteger) : step > 0) return [];
    if (new Set(sorted).size < LEAST_DISTINCT * sorted.length) return [];
    const lowest = sorted[0] as number;
    if (variable?.kind === "positive" && lowest <= 0) return [];
    const scale = sorted[Math.floor(SCALE_QUANTILE * sorted.length)] as number;
    return [{ name, scale: lowest > 0 ? scale : 0 }];
  });
  return found.length < LEAST_COLUMNS || found.length > MOST_COLUMNS ? [] : found;
}

/**
 * Returns the columns that a flow can model, given the column order of the networks: no other column with a density may
 * follow these columns. A column that seemed to depend on a number, but has exceptions, is placed after that number and
 * reads it.
 */
export function lastNumbers({ columns }: TableDensity, numbers: readonly NumericColumn[]): NumericColumn[] {
  const names = new Set(numbers.map(({ name }) => name));
  const free = columns.filter(({ dependent, isGiven }) => dependent === undefined && !isGiven);
  const first = free.findLastIndex(({ name }) => !names.has(name)) + 1;
  const last = new Set(free.slice(first).map(({ name }) => name));
  return last.size < LEAST_COLUMNS ? [] : numbers.filter(({ name }) => last.has(name));
}
