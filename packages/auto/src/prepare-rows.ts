import { DataError, type NdArray, OptionError, ShapeError } from "@pushforward/core";
import { splitIndices } from "@pushforward/datasets/extend";
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
import { autoWarnings } from "./auto-warnings.ts";
import { checkWidth } from "./check-width.ts";
import { columnSteps, dequantize } from "./column-steps.ts";
import type { WarningEvent } from "./fit-auto-events.ts";
import type { AutoRows, FitAutoOptions } from "./fit-auto-options.ts";
import { readTableRows } from "./read-table-rows.ts";

/** What the members learn from, and the way back to the units of the table. */
export interface PreparedRows {
  /** In standard units: mean 0 and standard deviation 1 on the training rows. */
  readonly train: TableRows;
  readonly validation: TableRows;
  readonly standardization: Standardization;
  /** One-hot columns stay as they are. */
  readonly contextStandardization?: Standardization | undefined;
  /** The map of columns with values far from all others, from the units of the table to those that are standardized. */
  readonly farX?: FarColumns | undefined;
  readonly farContext?: FarColumns | undefined;
  readonly statistics: RowStatistics;
  /** Columns of x to which noise was added, and the steps in which their numbers are. */
  readonly dequantized: ReadonlyMap<number, number>;
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
 * Checks the rows, holds some out, adds noise to integers and standardizes.
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
  const statistics = farRowStatistics(noisy, { ...validation, x: validationX }, options.contextClasses);
  const { mean, sd, constant } = statistics.x;
  return {
    train: standardizeRows(noisy, statistics),
    validation: standardizeRows({ ...validation, x: validationX }, statistics),
    standardization: { mean, sd },
    statistics,
    farX: statistics.farX,
    farContext: statistics.farContext,
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
    logVolume: statistics.logVolume,
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

/** The number of the class of each row: which of some one-hot columns holds the 1. */
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
