import { DataError, type Key, OptionError } from "@pushforward/core";
import { checkKey, checkOptions, describeValue } from "@pushforward/core/extend";
import { cpuSeconds } from "@pushforward/core/plain";
import type { Table } from "@pushforward/datasets";
import { checkTable } from "@pushforward/datasets/extend";
import { splitTable } from "../../density/fit/column-evidence.ts";
import type { MissingCells } from "./column-tables.ts";
import {
  type ComponentsFit,
  type ComponentsTask,
  fitComponentsEvents,
  type MixtureIterationEvent,
  type MixturePassEvent,
  shuffleRows,
} from "./fit-components.ts";
import { independentNll, mixtureData } from "./mixture-em.ts";
import { cellCodes, checkedSizes, type MixtureColumn, mixtureColumns } from "./mixture-tables.ts";
import { ProductMixture } from "./product-mixture.ts";

/** Options of {@link fitProductMixture}. Only the key is required. */
export interface FitProductMixtureOptions {
  /** Decides validation rows and starts. */
  readonly key: Key;
  /** Columns to learn. Default: all, or the columns of `codings`. */
  readonly columns?: readonly string[] | undefined;
  /** Spacing of the numbers of a column, by its name; 0 for real numbers. Default: 1 where all are integers, else 0. */
  readonly steps?: ReadonlyMap<string, number> | undefined;
  /** How cells become codes, for instance the columns of a `TableDensity`. Default: made from the table. */
  readonly codings?: readonly MixtureColumn[] | undefined;
  /** Validation rows. Default: a twentieth of the rows, but at least the smaller of 450 rows and a fifth. */
  readonly validation?: Table | undefined;
  /**
   * Number of components, or rising numbers to try until the validation rows stop improving. Default: 1, 4, 16, 64 and
   * 256, if their tables fit into 500 MB.
   */
  readonly components?: number | readonly number[] | undefined;
  /** Treatment of missing cells; an unknown cell carries no information about its row. Default: "value". */
  readonly missing?: MissingCells | undefined;
  /**
   * Pseudo-rows that each component has in addition to its own rows, with the frequencies of the whole column. If
   * several numbers are listed, fits that take about a second choose by validation and prefer the first. Default: 5, 2
   * and 1.
   */
  readonly smoothing?: number | readonly number[] | undefined;
  /** Number of random starts; after one pass only the best start continues. Default: 2. */
  readonly starts?: number | undefined;
  /** Maximum number of iterations of EM over all rows. Default: 20. */
  readonly iterations?: number | undefined;
  /** Stops the fit and keeps the best mixture found. */
  readonly signal?: AbortSignal | undefined;
}

/** Before the first mixture. */
export interface ProductMixtureStartEvent {
  readonly type: "start";
  readonly columns: readonly string[];
  /** Sizes that are tried. */
  readonly components: readonly number[];
  readonly trainRows: number;
  readonly validationRows: number;
}

/** Event after a mixture of one size. */
export interface MixtureComponentsEvent {
  readonly type: "components";
  readonly components: number;
  readonly smoothing: number;
  readonly iterations: number;
  /** Nats per row. */
  readonly trainNll: number;
  /** NaN without validation rows. */
  readonly validationNll: number;
  readonly seconds: number;
}

/** Events of `fitProductMixtureEvents`. */
export type FitProductMixtureEvent =
  | ProductMixtureStartEvent
  | MixturePassEvent
  | MixtureIterationEvent
  | MixtureComponentsEvent;

/** Result of `fitProductMixture`. */
export interface FitProductMixtureResult {
  readonly model: ProductMixture;
  readonly reason: "completed" | "aborted";
  /** The mixtures that were tried. */
  readonly tried: readonly MixtureComponentsEvent[];
  /** Nats per row; NaN without validation rows. */
  readonly validationNll: number;
  /** Of the columns as if they were independent. */
  readonly marginalNll: number;
  readonly trainRows: number;
  readonly validationRows: number;
  readonly seconds: number;
  readonly cpuSeconds: number | undefined;
}

const WHERE = "fitProductMixture";
const COMPONENTS = [1, 4, 16, 64, 256];
const SMOOTHING = [5, 2, 1];
/**
 * Maximum components times cells of the table for a fit of less than a second. Up to this limit the fit tries all
 * smoothings, and one larger size after a size without gain.
 */
const CHEAP = 1e7;
/** Minimum gain of a smoothing other than the first, in nats per row. */
const MARGIN = 0.02;
/** Most entries of the tables; each takes some 60 bytes while two starts are compared. */
const MOST_ENTRIES = 2 ** 23;

/**
 * Fits a mixture of products to a table by expectation–maximization. Columns may be numbers or categories with missing
 * cells. Validation rows select the number of components. Tables of numbers are smoothed on the normal quantile scale
 * of their columns.
 *
 * @throws {DataError} no rows or no columns, or a column of missing cells only.
 * @throws {OptionError} an option out of range.
 */
export async function* fitProductMixtureEvents(
  table: Table,
  options: FitProductMixtureOptions,
): AsyncGenerator<FitProductMixtureEvent, FitProductMixtureResult, void> {
  checkOptions("fitProductMixture", options, {
    key: true,
    columns: true,
    steps: true,
    codings: true,
    validation: true,
    components: true,
    missing: true,
    smoothing: true,
    starts: true,
    iterations: true,
    signal: true,
  });
  checkKey("fitProductMixture", options);
  const start = { wall: performance.now(), cpu: cpuSeconds() };
  checkTable("fitProductMixture", table);
  if (table.rows === 0) throw new DataError("fitProductMixture: expected rows, got none.");
  const parts = splitTable(table, { key: options.key, validation: options.validation });
  const columns = mixtureColumns(WHERE, parts, options);
  const sizes = sizesOf(options, columns);
  const trainRows = parts.train.rows;
  const validationRows = parts.validation.rows;
  yield { type: "start", columns: columns.map(({ name }) => name), components: sizes, trainRows, validationRows };
  const data = mixtureData(columns, parts, options.missing ?? "value");
  const task = { ...taskOf(options), ...data, train: shuffleRows(data.train, options.key.fold("order")) };
  const { best, tried } = yield* trySizes(task, sizes, smoothingsOf(options), options.key);
  const cpu = cpuSeconds();
  return {
    model: new ProductMixture({
      ...{ columns, components: best.components, weights: best.logWeights, tables: best.logTables },
    }),
    reason: options.signal?.aborted ? "aborted" : "completed",
    tried,
    validationNll: best.validationNll,
    marginalNll: independentNll(validationRows > 0 ? data.validation : data.train, data.priors),
    trainRows,
    validationRows,
    seconds: (performance.now() - start.wall) / 1000,
    cpuSeconds: cpu === undefined || start.cpu === undefined ? undefined : cpu - start.cpu,
  };
}

/**
 * Runs {@link fitProductMixtureEvents} to completion and returns the result, without the events.
 *
 * @throws all errors of `fitProductMixtureEvents`.
 * @example
 * const { model, validationNll } = await fitProductMixture(penguins(), { key, components: 4 });
 * const rows = model.sample(key, 3);
 */
export async function fitProductMixture(
  table: Table,
  options: FitProductMixtureOptions,
): Promise<FitProductMixtureResult> {
  const events = fitProductMixtureEvents(table, options);
  for (;;) {
    const next = await events.next();
    if (next.done) return next.value;
  }
}

interface TriedSizes {
  readonly best: ComponentsFit;
  readonly tried: readonly MixtureComponentsEvent[];
}

/** Tries the sizes until the validation rows stop improving; without validation rows only the first size. */
async function* trySizes(
  task: Omit<ComponentsTask, "smoothing">,
  sizes: readonly number[],
  smoothings: readonly number[],
  key: Key,
): AsyncGenerator<FitProductMixtureEvent, TriedSizes, void> {
  const tried: MixtureComponentsEvent[] = [];
  let best: ComponentsFit | undefined;
  /** Consecutive sizes without gain. */
  let waited = 0;
  for (const components of sizes) {
    const isCheap = components * task.train.rows * task.priors.length <= CHEAP;
    const chosen = best?.smoothing ?? (smoothings[0] as number);
    let isBetter = false;
    for (const smoothing of isCheap && components > 1 ? smoothings : [chosen]) {
      const start = performance.now();
      const found: ComponentsFit = yield* fitComponentsEvents({ ...task, smoothing }, components, key.fold(components));
      const { iterations, trainNll, validationNll } = found;
      const seconds = (performance.now() - start) / 1000;
      const event = {
        type: "components",
        components,
        smoothing,
        iterations,
        trainNll,
        validationNll,
        seconds,
      } as const;
      tried.push(event);
      yield event;
      const margin = smoothing === smoothings[0] ? 0 : MARGIN;
      if (best === undefined || validationNll < best.validationNll - margin) {
        best = found;
        isBetter = true;
      }
      if (task.signal?.aborted || task.validation.rows === 0) return { best, tried };
    }
    waited = isBetter ? 0 : waited + 1;
    if (waited >= (isCheap ? 2 : 1)) break;
  }
  return { best: best as ComponentsFit, tried };
}

function sizesOf({ components }: FitProductMixtureOptions, columns: readonly MixtureColumn[]): readonly number[] {
  if (components !== undefined) return checkedSizes(WHERE, components);
  const codes = columns.reduce((sum, { coding }) => sum + cellCodes(coding), 0);
  return COMPONENTS.filter((size) => size === 1 || size * codes <= MOST_ENTRIES);
}

function smoothingsOf({ smoothing = SMOOTHING }: FitProductMixtureOptions): readonly number[] {
  const smoothings = typeof smoothing === "number" ? [smoothing] : smoothing;
  if (smoothings.length > 0 && smoothings.every((value) => value >= 0 && Number.isFinite(value))) return smoothings;
  throw new OptionError(
    `fitProductMixture: expected smoothing to be a number from 0, got ${describeValue(smoothings)}.`,
  );
}

function taskOf(options: FitProductMixtureOptions): Pick<ComponentsTask, "starts" | "iterations" | "signal"> {
  const { starts = 2, iterations = 20, signal } = options;
  for (const [name, value] of Object.entries({ starts, iterations })) {
    if (!Number.isSafeInteger(value) || value < 1) {
      throw new OptionError(
        `fitProductMixture: expected ${name} to be an integer from 1, got ${describeValue(value)}.`,
      );
    }
  }
  return { starts, iterations, signal };
}
