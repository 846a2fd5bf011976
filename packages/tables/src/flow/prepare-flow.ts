import { tableLocation, tablePlace } from "@pushforward/columns/extend";
import {
  type ConditionalDistribution,
  createKey,
  DataError,
  type Distribution,
  type Key,
  type NdArray,
} from "@pushforward/core";
import { mention } from "@pushforward/core/extend";
import { suggestedName } from "@pushforward/core/plain";
import type { Column, Table } from "@pushforward/datasets";
import { listNames } from "@pushforward/datasets/extend";
import { type ConditionalFlow, type Flow, logProbRows, type Standardization } from "@pushforward/flows";
import { inTableUnits, splitStandardization } from "@pushforward/flows/extend";
import type { ContextColumn, RowLayout } from "./row-layout.ts";
import { farRowStatistics, splineBound, standardizeRows } from "./standardize-rows.ts";
import type { TableRows } from "./table-rows.ts";

/** Settings of a flow that follow from its rows. */
export interface FlowSizes {
  readonly features: number;
  readonly context: number | undefined;
  readonly key: Key;
  readonly standardize: Standardization;
  readonly standardizeContext: Standardization | undefined;
  /** Half the width of the box of splines. */
  readonly bound: number;
}

/** A new flow of a table, and its training data. */
export interface PreparedFlow {
  /** The flow in the units of the table. */
  readonly flow: Flow | ConditionalFlow;
  /** The flow without the standardization layers. It shares its parameters with `flow`: train this flow. */
  readonly inner: Flow | ConditionalFlow;
  /** Rows in standard units. */
  readonly train: TableRows;
  readonly validation: TableRows;
  /** Other rows in the same units. */
  readonly standardize: (rows: TableRows) => TableRows;
  /** For the training. */
  readonly key: Key;
  readonly bound: number;
  /** A loss of `inner` plus this is in nats per row, in the units of the table. */
  readonly logVolume: number;
  /** Indices of columns that are constant. */
  readonly constant: readonly number[];
  /** Indices of columns with outliers so extreme that the columns are learned on a scale that bends at large values. */
  readonly far: readonly number[];
}

/**
 * Creates a flow for the rows of a table, and standardizes the rows. The same seed yields the same weights and batches
 * in every program.
 *
 * @param make makes the flow, for instance `(sizes) => createFlow("maf", sizes)`.
 * @throws {DataError} fewer than two training rows.
 */
export function prepareFlow(
  train: TableRows,
  validation: TableRows,
  seed: number,
  make: (sizes: FlowSizes) => Flow | ConditionalFlow,
): PreparedFlow {
  const [rows = 0, features = 0] = train.x.shape;
  if (rows < 2) throw new DataError(`train: expected at least 2 training rows, got ${rows}.`);
  const [initKey, key] = createKey(seed).split(2);
  const statistics = farRowStatistics(train, validation.x.shape[0] === 0 ? train : validation);
  const toStandard = (rows: TableRows): TableRows => standardizeRows(rows, statistics);
  const standard = toStandard(train);
  const bound = splineBound(standard.x);
  const flow = make({
    features,
    context: train.context?.shape[1],
    key: initKey,
    standardize: { mean: statistics.x.mean, sd: statistics.x.sd },
    standardizeContext: statistics.context && { mean: statistics.context.mean, sd: statistics.context.sd },
    bound,
  });
  return {
    flow: inTableUnits(flow, statistics.farX, statistics.farContext),
    inner: splitStandardization(flow).inner,
    train: standard,
    validation: toStandard(validation),
    standardize: toStandard,
    key,
    bound,
    logVolume: statistics.logVolume,
    constant: statistics.x.constant,
    far: statistics.farX?.columns ?? [],
  };
}

/** Which columns of a table a model is about. */
export interface ColumnChoice {
  /** Columns to model. Default: all numeric columns that are neither context nor split. */
  readonly columns?: readonly string[] | undefined;
  /** Columns to condition on: numbers or categories. Default: none. */
  readonly context?: readonly string[] | undefined;
  /** Column that assigns each row to a split; it is neither modeled nor given. */
  readonly splitColumn?: string | undefined;
  /** Maximum number of categories of a context column. Default: 1000. */
  readonly maxCategories?: number | undefined;
}

const MAX_CATEGORIES = 1000;

/**
 * Returns the layout of the chosen columns of a table.
 *
 * @param file name of the table in error messages.
 * @throws {DataError} a column is missing, is text where numbers are needed, is named twice or has too many categories.
 * @example
 * const layout = chooseColumns(penguins(), { columns: ["body_mass_g"], context: ["species"] });
 */
export function chooseColumns(table: Table, choice: ColumnChoice = {}, file?: string): RowLayout {
  const context = (choice.context ?? []).map((name) => contextColumn(table, name, choice, file));
  checkSplitColumn(table, choice, file);
  const taken = new Set([...(choice.context ?? []), ...(choice.splitColumn === undefined ? [] : [choice.splitColumn])]);
  const columns =
    choice.columns ?? table.columns.filter((c) => c.kind === "number" && !taken.has(c.name)).map((c) => c.name);
  for (const name of columns) {
    if (findColumn(table, name, file).kind !== "number") {
      const at = tableLocation(file, name);
      throw new DataError(
        [
          `${tablePlace(at)}expected numbers, got text. Name it in `,
          mention("context"),
          " to condition on it as a category.",
        ],
        at,
      );
    }
    if (taken.has(name)) {
      throw refusal(file, `column "${name}" is named both as a column and as context or split.`, name);
    }
  }
  if (columns.length === 0) throw refusal(file, "expected at least one numeric column, got none.");
  return { columns, context };
}

function contextColumn(
  table: Table,
  name: string,
  { maxCategories = MAX_CATEGORIES }: ColumnChoice,
  file: string | undefined,
): ContextColumn {
  const column = findColumn(table, name, file);
  if (column.kind === "number") return { name, kind: "number" };
  const categories = [...new Set(column.values)].sort();
  if (categories.length <= maxCategories) return { name, kind: "category", categories };
  const at = tableLocation(file, name);
  throw new DataError(
    `${tablePlace(at)}expected at most ${maxCategories} different texts in a context column, got ${categories.length}. Leave the column out.`,
    at,
  );
}

function checkSplitColumn(table: Table, { context, splitColumn }: ColumnChoice, file: string | undefined): void {
  if (splitColumn === undefined) return;
  findColumn(table, splitColumn, file);
  if (!context?.includes(splitColumn)) return;
  throw refusal(file, `column "${splitColumn}" is named both as context and as split.`, splitColumn);
}

function findColumn(table: Table, name: string, file: string | undefined): Column {
  const column = table.columns.find((c) => c.name === name);
  if (column !== undefined) return column;
  const names = table.columns.map((c) => c.name);
  throw refusal(
    file,
    `expected a column "${name}", got the columns ${listNames(names)}.${suggestedName(name, names)}`,
    name,
  );
}

function refusal(file: string | undefined, text: string, column?: string): DataError {
  return new DataError(`${tablePlace(tableLocation(file))}${text}`, tableLocation(file, column));
}

/** A pivot below this fraction of the variance of its column marks a column that other columns determine. */
const SINGULAR = 1e-12;

/**
 * Baseline: mean negative log-likelihood, in nats per row, of a full-covariance Gaussian on test rows. The Gaussian is
 * fitted to training rows. The context is ignored. Undefined when a column is constant or a linear function of other
 * columns: the density then has no upper bound.
 */
export function gaussianNll({ x: train }: Pick<TableRows, "x">, { x: test }: Pick<TableRows, "x">): number | undefined {
  const d = train.shape[1] as number;
  if (hasConstantColumn(train)) return undefined;
  const mean = columnMeans(train);
  const factor = covariance(train, mean);
  const logDet = choleskyInPlace(factor, d);
  if (logDet === undefined) return undefined;
  const count = test.shape[0] as number;
  const z = new Float64Array(d);
  let squares = 0;
  for (let i = 0; i < count; i++) {
    for (let j = 0; j < d; j++) {
      let value = (test.data[i * d + j] as number) - (mean[j] as number);
      for (let m = 0; m < j; m++) value -= (factor[j * d + m] as number) * (z[m] as number);
      z[j] = value / (factor[j * d + j] as number);
      squares += (z[j] as number) ** 2;
    }
  }
  return 0.5 * (squares / count) + logDet + 0.5 * d * Math.log(2 * Math.PI);
}

function hasConstantColumn({ shape, data }: NdArray): boolean {
  const [rows = 0, d = 0] = shape;
  for (let j = 0; j < d; j++) {
    let constant = true;
    for (let i = 1; i < rows && constant; i++) constant = data[i * d + j] === data[j];
    if (constant) return true;
  }
  return false;
}

function columnMeans({ shape, data }: NdArray): Float64Array {
  const [rows = 0, d = 0] = shape;
  const mean = new Float64Array(d);
  for (let i = 0; i < rows; i++) {
    for (let j = 0; j < d; j++) mean[j] = (mean[j] as number) + (data[i * d + j] as number) / rows;
  }
  return mean;
}

/** The lower triangle, divided by n. */
function covariance({ shape, data }: NdArray, mean: Float64Array): Float64Array {
  const [rows = 0, d = 0] = shape;
  const sums = new Float64Array(d * d);
  for (let i = 0; i < rows; i++) {
    for (let j = 0; j < d; j++) {
      for (let k = 0; k <= j; k++) {
        const ofJ = (data[i * d + j] as number) - (mean[j] as number);
        const ofK = (data[i * d + k] as number) - (mean[k] as number);
        sums[j * d + k] = (sums[j * d + k] as number) + (ofJ * ofK) / rows;
      }
    }
  }
  return sums;
}

/** Replaces a covariance by its Cholesky factor and returns ln det of the factor; undefined when it is singular. */
function choleskyInPlace(l: Float64Array, d: number): number | undefined {
  let logDet = 0;
  for (let j = 0; j < d; j++) {
    const variance = l[j * d + j] as number;
    for (let k = 0; k <= j; k++) {
      let value = l[j * d + k] as number;
      for (let m = 0; m < k; m++) value -= (l[j * d + m] as number) * (l[k * d + m] as number);
      if (k < j) l[j * d + k] = value / (l[k * d + k] as number);
      else {
        if (!(value > SINGULAR * variance)) return undefined;
        l[j * d + j] = Math.sqrt(value);
        logDet += 0.5 * Math.log(value);
      }
    }
  }
  return logDet;
}

/** Mean negative log-likelihood of rows, in nats per row, in the units of the table. */
export function meanNll(model: Distribution | ConditionalDistribution, { x, context }: TableRows): number {
  const values = logProbRows(model, x, context);
  let sum = 0;
  for (const value of values) sum -= value;
  return sum / values.length;
}
