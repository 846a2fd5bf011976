import { DataError, type NdArray, ndArray, OptionError, ShapeError } from "@pushforward/core";
import {
  type ColumnStatistics,
  checkFinite,
  columnStatistics,
  splitIndices,
  standardise,
  takeRows,
} from "@pushforward/datasets";
import type { Standardisation } from "@pushforward/flows";
import type { WarningEvent } from "./auto-events.ts";
import type { AutoOptions, AutoRows } from "./auto-options.ts";
import { autoWarnings } from "./auto-warnings.ts";
import { checkWidth } from "./check-width.ts";
import { columnSteps, dequantise } from "./column-steps.ts";

/** Rows in standard units: mean 0 and standard deviation 1 on the training rows. */
export interface StandardRows {
  readonly x: NdArray;
  readonly context?: NdArray | undefined;
}

/** What the members learn from, and the way back to the units of the table. */
export interface PreparedRows {
  readonly train: StandardRows;
  readonly validation: StandardRows;
  readonly standardisation: Standardisation;
  /** One-hot columns stay as they are. */
  readonly contextStandardisation?: Standardisation | undefined;
  /** Columns of x to which noise was added, and the steps in which their numbers are. */
  readonly dequantised: ReadonlyMap<number, number>;
  /** Columns in which all numbers are equal. */
  readonly constant: readonly number[];
  readonly warnings: readonly WarningEvent[];
  /** What a density in standard units loses, in nats, in the units of the table: Σ ln sd. */
  readonly logVolume: number;
}

/** Fewest rows that are held out, if there are twice as many. */
const MIN_VALIDATION = 30;

const FRACTION = 0.1;

/**
 * Checks the rows, holds some out, adds noise to integers and standardises.
 *
 * @throws {DataError} a number that is not finite, or too few rows.
 * @throws {ShapeError} arrays that do not fit each other.
 * @throws {OptionError} an option that does not fit the rows.
 */
export function prepareRows(data: AutoRows, options: AutoOptions): PreparedRows {
  checkRows("auto", data, options.columnNames);
  checkWidth(data, options.contextClasses ?? []);
  checkContextOptions(data, options);
  const [train, validation] = splitRows(data, options);
  const rows = train.x.shape[0] as number;
  if (rows < 2) throw new DataError(`auto: expected at least 2 training rows, got ${rows}.`);
  const columns = dequantisedColumns(train.x, options);
  const noise = options.key.fold("dequantise");
  const trainX = dequantise(train.x, columns, noise.fold("train"));
  const validationX = dequantise(validation.x, columns, noise.fold("validation"));
  const { mean, sd, constant } = columnStatistics(trainX);
  const ofContext = train.context && contextStatistics(train.context, options.contextClasses ?? []);
  const inStandardUnits = (x: NdArray, context: NdArray | undefined): StandardRows => ({
    x: standardise(x, { mean, sd }),
    ...(context && ofContext && { context: standardise(context, ofContext) }),
  });
  return {
    train: inStandardUnits(trainX, train.context),
    validation: inStandardUnits(validationX, validation.context),
    standardisation: { mean, sd },
    ...(ofContext && { contextStandardisation: ofContext }),
    dequantised: columns,
    constant,
    warnings: autoWarnings(
      { x: train.x, noisy: trainX, context: train.context, dequantised: columns, constant },
      options.columnNames,
    ),
    logVolume: sd.reduce((sum, scale) => sum + Math.log(scale), 0),
  };
}

function checkRows(where: string, { x, context }: AutoRows, names?: readonly string[]): void {
  for (const [what, array] of Object.entries({ x, context })) {
    if (array === undefined) continue;
    if (array.shape.length !== 2 || array.shape[1] === 0) {
      throw new ShapeError(`${where}: expected ${what} of shape [rows, columns], got [${array.shape.join(", ")}].`);
    }
    checkFinite(what === "x" ? where : `${where}: context`, array, what === "x" ? names : undefined);
  }
  if (context !== undefined && context.shape[0] !== x.shape[0]) {
    throw new ShapeError(`${where}: expected ${x.shape[0]} rows of context, got ${context.shape[0]}.`);
  }
}

function checkContextOptions({ context }: AutoRows, { contextClasses = [], kernelBaseline }: AutoOptions): void {
  const width = context?.shape[1] ?? 0;
  for (const j of contextClasses.flat()) {
    if (Number.isInteger(j) && j >= 0 && j < width) continue;
    throw new OptionError(`auto: expected contextClasses to name columns of a context of ${width}, got ${j}.`);
  }
  if (kernelBaseline === true && context !== undefined) {
    throw new OptionError(
      "auto: expected kernelBaseline without a context, got both. The estimate knows no conditional density: leave one out.",
    );
  }
}

function splitRows(data: AutoRows, { key, validation = FRACTION, columnNames }: AutoOptions): [AutoRows, AutoRows] {
  if (typeof validation !== "number") {
    checkRows("auto: validation", validation, columnNames);
    for (const what of ["x", "context"] as const) {
      if (validation[what]?.shape[1] !== data[what]?.shape[1]) {
        const [expected, got] = [data[what]?.shape[1] ?? "no", validation[what]?.shape[1] ?? "no"];
        throw new ShapeError(`auto: expected ${expected} columns of ${what} in the validation rows, got ${got}.`);
      }
    }
    if (validation.x.shape[0] === 0) throw new DataError("auto: expected validation rows, got none.");
    return [data, validation];
  }
  const rows = data.x.shape[0] as number;
  const held = Math.min(Math.floor(rows / 2), Math.max(MIN_VALIDATION, Math.round(validation * rows)));
  if (held < 1) throw new DataError(`auto: expected at least 3 rows, to hold out some for validation, got ${rows}.`);
  const parts = splitIndices(rows, { validation: held / rows, key: key.fold("split") });
  const take = (indices: Int32Array): AutoRows => ({
    x: takeRows(data.x, indices),
    ...(data.context && { context: takeRows(data.context, indices) }),
  });
  return [take(parts.train), take(parts.validation)];
}

function dequantisedColumns(x: NdArray, { dequantise: choice = "auto" }: AutoOptions): ReadonlyMap<number, number> {
  if (choice.length === 0) return new Map();
  const steps = columnSteps(x);
  if (choice === "auto") return steps;
  const columns = x.shape[1] as number;
  for (const j of choice) {
    if (!Number.isInteger(j) || j < 0 || j >= columns) {
      throw new OptionError(`auto: expected dequantise to name columns from 0 to ${columns - 1}, got ${j}.`);
    }
  }
  return new Map(choice.map((j) => [j, steps.get(j) ?? 1]));
}

function contextStatistics(
  context: NdArray,
  classes: readonly (readonly number[])[],
): Pick<ColumnStatistics, "mean" | "sd"> {
  const { mean, sd } = columnStatistics(context);
  for (const j of classes.flat()) {
    mean[j] = 0;
    sd[j] = 1;
  }
  return { mean, sd };
}

/** The number of the class of each row: which of some one-hot columns holds the 1. */
export function classNumbers({ shape, data }: NdArray, columns: readonly number[]): Int32Array {
  const [rows, width] = shape as unknown as readonly [number, number];
  return Int32Array.from({ length: rows }, (_, i) => {
    const at = columns.findIndex((j) => data[i * width + j] === 1);
    if (at >= 0) return at;
    throw new DataError(`auto: expected a 1 in one of the context columns ${columns.join(", ")}, got none.`, {
      row: i + 1,
    });
  });
}

/** Some columns of a matrix. */
export function takeColumns({ shape, data }: NdArray, columns: readonly number[]): NdArray {
  const [rows, width] = shape as unknown as readonly [number, number];
  const taken = new Float64Array(rows * columns.length);
  for (let i = 0, to = 0; i < rows; i++) for (const j of columns) taken[to++] = data[i * width + j] as number;
  return ndArray([rows, columns.length], taken);
}
