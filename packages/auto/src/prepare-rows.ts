import { DataError, type Key, type NdArray, ndArray, OptionError, ShapeError } from "@pushforward/core";
import { readMatrix } from "@pushforward/core/extend";
import { checkFinite, splitIndices } from "@pushforward/datasets/extend";
import type { Standardization } from "@pushforward/flows";
import type { FarColumns } from "@pushforward/flows/extend";
import {
  farRowStatistics,
  holdOutCount,
  pickRows,
  type RowStatistics,
  standardizeRows,
  type TableRows,
} from "@pushforward/tables/extend";
import type { RowStream } from "@pushforward/training";
import { autoWarnings } from "./auto-warnings.ts";
import { BoundedColumns, findBounds, toMembers } from "./bounded-columns.ts";
import { checkWidth } from "./check-width.ts";
import type { WarningEvent } from "./fit-auto-events.ts";
import { type AutoRows, type FitAutoOptions, hasBounds } from "./fit-auto-options.ts";

/** Steps that people round to: 1, 2, 2.5 and 5 times powers of ten, from 5 million down to a millionth. */
const STEPS: readonly number[] = Array.from({ length: 13 }, (_, i) => 6 - i).flatMap((power) =>
  [5, 2.5, 2, 1].map((digit) => Number(`${digit}e${power}`)),
);

/** Tolerance of a multiple, as a share of the number and of the spacing: the error of decimal parsing. */
const SLACK = 1e-6;
/** Minimum share of the rows with a number that other rows have, which distinguishes rounding from mere decimals. */
const LEAST_REPEATED = 0.03;
/** Largest multiple within float64 precision. */
const MOST_STEPS = 1e9;

/**
 * Grid spacings of the columns, by index. A column of integers has a spacing of at least 1. Other spacings need numbers that
 * repeat, so that rounded samples repeat as often.
 */
export function columnSteps({ shape, data }: NdArray): ReadonlyMap<number, number> {
  const [rows, columns] = shape as unknown as readonly [number, number];
  const steps = new Map<number, number>();
  for (let j = 0; j < columns; j++) {
    const values = Float64Array.from({ length: rows }, (_, i) => data[i * columns + j] as number);
    const step = stepOf(values);
    if (step !== undefined) steps.set(j, step);
  }
  return steps;
}

function stepOf(values: Float64Array): number | undefined {
  // Beyond 2⁵³ every float64 is an integer, whatever it measures.
  const least = values.every(Number.isSafeInteger) ? 1 : undefined;
  const step = STEPS.find((candidate) => values.every((value) => isMultiple(value, candidate)));
  if (step === undefined || step === least) return least;
  const sorted = values.slice().sort();
  const repeated = sorted.filter((value, i) => value === sorted[i - 1] || value === sorted[i + 1]).length;
  return sorted[0] !== sorted.at(-1) && repeated >= LEAST_REPEATED * values.length ? step : least;
}

function isMultiple(value: number, step: number): boolean {
  if (Number.isInteger(step)) return value % step === 0;
  const multiple = Math.round(value / step);
  const distance = Math.abs(value - multiple * step);
  return Math.abs(multiple) <= MOST_STEPS && distance <= SLACK * Math.min(step, Math.abs(value));
}

/**
 * Adds uniform noise of ± half a grid spacing to some columns (uniform dequantization, Uria et al. 2013, arXiv:1306.0186):
 * discrete numbers have no density, and a flow would learn ever narrower spikes. The density of the result, integrated over a
 * grid cell, is the probability of its number.
 */
export function dequantize({ shape, data }: NdArray, steps: ReadonlyMap<number, number>, key: Key): NdArray {
  const width = shape[1] as number;
  const rows = shape[0] as number;
  const result = Float64Array.from(data);
  for (const [j, step] of steps) {
    const noise = key.fold(j).uniform(rows);
    for (let i = 0; i < rows; i++) {
      const at = i * width + j;
      result[at] = (result[at] as number) + step * ((noise[i] as number) - 0.5);
    }
  }
  return ndArray(shape, result);
}

/**
 * Reads and checks the rows of a table.
 *
 * @param names of the columns of x, for the errors.
 * @throws {DataError} no rows, or a number that is not finite. @throws {ShapeError} arrays that do not fit each other.
 */
function readTableRows(where: string, rows: AutoRows, names?: readonly string[]): TableRows {
  if (typeof rows !== "object" || rows === null) {
    throw new ShapeError(`${where}: expected rows as { x }, got ${String(rows)}.`);
  }
  const x = readMatrix(rows.x, where, "x", { numbers: "any" });
  checkFinite(where, x, names);
  if (rows.context === undefined) return { x };
  const context = readMatrix(rows.context, where, "context", { numbers: "any" });
  checkFinite(`${where}: context`, context);
  if (context.shape[0] !== x.shape[0]) {
    throw new ShapeError(`${where}: expected ${x.shape[0]} rows of context, got ${context.shape[0]}.`);
  }
  return { x, context };
}

/** Training rows of the members, and the inverse map to the units of the table. */
export interface PreparedRows {
  /** In standard units: mean 0 and standard deviation 1 on the training rows. */
  readonly train: TableRows;
  readonly validation: TableRows;
  readonly standardization: Standardization;
  /** One-hot columns stay as they are. */
  readonly contextStandardization?: Standardization | undefined;
  /** The map of columns with distant values, from the units of the table to standardized columns. */
  readonly farX?: FarColumns | undefined;
  readonly farContext?: FarColumns | undefined;
  readonly statistics: RowStatistics;
  /** Columns of x to which noise was added, and the steps in which their numbers are. */
  readonly dequantized: ReadonlyMap<number, number>;
  /** Columns in which all numbers are equal. */
  readonly constant: readonly number[];
  readonly warnings: readonly WarningEvent[];
  /**
   * Difference of the mean log-densities of the validation rows between the units of the members and of the table, in nats: Σ ln
   * sd without distant values and bounds.
   */
  readonly logVolume: number;
  /** The map of columns with bounds, from the units of the members to the units of the model; undefined without bounds. */
  readonly bounded?: BoundedColumns | undefined;
  /** Training rows in the units of the model, which are the units of the members if no column has bounds. */
  readonly modelX: NdArray;
  /** The same for the validation rows, with the log-slope of the map to the units of the members if there is a map. */
  readonly modelValidation: { readonly x: NdArray; readonly logSlope: Float64Array | undefined };
}

/** Minimum number of validation rows, if the table has twice this number. */
const MIN_VALIDATION = 30;

const FRACTION = 0.1;

/**
 * Checks the rows, splits, adds noise to integers and standardizes.
 *
 * @throws {DataError} a number that is not finite, or too few rows.
 * @throws {ShapeError} arrays that do not fit each other.
 * @throws {OptionError} an option that does not fit the rows.
 */
export function prepareRows(given: AutoRows, options: FitAutoOptions): PreparedRows {
  const data = readTableRows("fitAuto", given, options.columnNames);
  checkWidth(data, options.contextClasses ?? []);
  checkContextOptions(data, options);
  const [train, validation] = splitRows(data, options);
  const rows = train.x.shape[0] as number;
  if (rows < 2) throw new DataError(`fitAuto: expected at least 2 training rows, got ${rows}.`);
  const columns = dequantizedColumns(train.x, options);
  // The spelling decides the noise: another one would change the model of a seed.
  const noise = options.key.fold("dequantise");
  const trainX = dequantize(train.x, columns, noise.fold("train"));
  const validationX = dequantize(validation.x, columns, noise.fold("validation"));
  const noisy = { ...train, x: trainX };
  const noisyValidation = { ...validation, x: validationX };
  const plain = farRowStatistics(noisy, noisyValidation, options.contextClasses);
  const { constant } = plain.x;
  const bounds = hasBounds(options) && plain.farX === undefined ? findBounds([train.x, validation.x], columns) : [];
  const bounded = bounds.length === 0 ? undefined : new BoundedColumns(trainX, bounds, plain.x);
  const statistics = bounded === undefined ? plain : { ...plain, x: bounded.statistics };
  const { mean, sd } = statistics.x;
  const [ofModel, validationOfModel] = [noisy, noisyValidation].map((rows) => standardizeRows(rows, statistics)) as [
    TableRows,
    TableRows,
  ];
  const { rows: ofMembers, logSlope } = toMembers(validationOfModel, bounded);
  const meanSlope = logSlope?.reduce((sum, slope) => sum + slope / logSlope.length, 0) ?? 0;
  return {
    train: toMembers(ofModel, bounded).rows,
    validation: ofMembers,
    standardization: { mean, sd },
    statistics,
    farX: statistics.farX,
    farContext: statistics.farContext,
    bounded,
    modelX: ofModel.x,
    modelValidation: { x: validationOfModel.x, logSlope },
    ...(statistics.context && { contextStandardization: statistics.context }),
    dequantized: columns,
    constant,
    warnings: autoWarnings(
      {
        x: train.x,
        noisy: trainX,
        context: train.context,
        dequantized: columns,
        constant,
        far: statistics.farX,
        farContext: statistics.farContext,
      },
      options.columnNames,
    ),
    logVolume: statistics.logVolume - meanSlope,
  };
}

function checkContextOptions({ context }: TableRows, { contextClasses = [], kernelBaseline }: FitAutoOptions): void {
  const width = context?.shape[1] ?? 0;
  for (const j of contextClasses.flat()) {
    if (Number.isInteger(j) && j >= 0 && j < width) continue;
    throw new OptionError(`fitAuto: expected contextClasses to name columns of a context of ${width}, got ${j}.`);
  }
  if (kernelBaseline === true && context !== undefined) {
    throw new OptionError(
      "fitAuto: expected kernelBaseline without a context, got both. The estimate knows no conditional density: leave one out.",
    );
  }
}

function splitRows(
  data: TableRows,
  { key, validation: wanted = FRACTION, columnNames }: FitAutoOptions,
): [train: TableRows, validation: TableRows] {
  if (typeof wanted !== "number") {
    const validation = readTableRows("fitAuto: validation", wanted, columnNames);
    for (const what of ["x", "context"] as const) {
      if (validation[what]?.shape[1] !== data[what]?.shape[1]) {
        const [expected, got] = [data[what]?.shape[1] ?? "no", validation[what]?.shape[1] ?? "no"];
        throw new ShapeError(`fitAuto: expected ${expected} columns of ${what} in the validation rows, got ${got}.`);
      }
    }
    return [data, validation];
  }
  const rows = data.x.shape[0] as number;
  const held = holdOutCount(rows, { fraction: wanted, least: MIN_VALIDATION });
  if (held < 1) throw new DataError(`fitAuto: expected at least 3 rows, to hold out some for validation, got ${rows}.`);
  const parts = splitIndices(rows, { validation: held / rows, key: key.fold("split") });
  return [pickRows(data, parts.train), pickRows(data, parts.validation)];
}

function dequantizedColumns(x: NdArray, { dequantize: choice = "auto" }: FitAutoOptions): ReadonlyMap<number, number> {
  if (choice.length === 0) return new Map();
  const steps = columnSteps(x);
  if (choice === "auto") return steps;
  const columns = x.shape[1] as number;
  for (const j of choice) {
    if (!Number.isInteger(j) || j < 0 || j >= columns) {
      throw new OptionError(`fitAuto: expected dequantize to name columns from 0 to ${columns - 1}, got ${j}.`);
    }
  }
  return new Map(choice.map((j) => [j, steps.get(j) ?? 1]));
}

/** The class index of each row, from one-hot columns. */
export function classNumbers({ shape, data }: NdArray, columns: readonly number[]): Int32Array {
  const [rows, width] = shape as unknown as readonly [number, number];
  return Int32Array.from({ length: rows }, (_, i) => {
    const at = columns.findIndex((j) => data[i * width + j] === 1);
    if (at >= 0) return at;
    throw new DataError(`fitAuto: expected a 1 in one of the context columns ${columns.join(", ")}, got none.`, {
      row: i + 1,
    });
  });
}

/**
 * The blocks of a stream as the members use the data: with noise for the grid spacings of the sample, and standardized like the
 * sample.
 */
export function preparedStream(
  stream: RowStream,
  { dequantized, statistics, bounded }: Pick<PreparedRows, "dequantized" | "statistics" | "bounded">,
  key: Key,
): RowStream {
  const { rows, blockRows } = stream;
  return {
    rows,
    blockRows,
    block: async (epoch, index) => {
      const block: AutoRows = await stream.block(epoch, index);
      const read = readTableRows("fitAuto: stream", block);
      const x = dequantize(read.x, dequantized, key.fold(epoch).fold(index));
      return toMembers(standardizeRows({ ...read, x }, statistics), bounded).rows;
    },
  };
}

/** Description of columns with noise, and of the resulting density. */
export function stepNotes(
  dequantized: ReadonlyMap<number, number>,
  columnNames: readonly string[] | undefined,
): readonly string[] {
  const ofStep = (step: number): string =>
    [...dequantized].flatMap(([column, own]) => (own === step ? [columnNames?.[column] ?? column + 1] : [])).join(", ");
  const steps = [...new Set(dequantized.values())].sort((a, b) => a - b);
  return steps.map((step) =>
    step === 1
      ? `Integers in ${ofStep(1)}: noise of ±½ was added to the training rows, so that the density, integrated ` +
        "over k ± ½, is the probability of the integer k."
      : `Steps of ${step} in ${ofStep(step)}: noise of ± half a step was added to the training rows, so that the ` +
        "density, integrated over a step around a number, is the probability of this number.",
  );
}
