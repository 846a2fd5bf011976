import { DataError, type Key, OptionError } from "@pushforward/core";
import { checkKey, checkOptions, describeValue } from "@pushforward/core/extend";
import { TimeSlice } from "@pushforward/core/plain";
import type { Table } from "@pushforward/datasets";
import { checkTable, takeTableRows } from "@pushforward/datasets/extend";
import { lowerFactor } from "@pushforward/distributions/extend";
import { meanNll, splitTable } from "../../density/fit/column-evidence.ts";
import type { MissingCells } from "../product-mixture/column-tables.ts";
import { checkedSizes, type MixtureColumn, mixtureColumns } from "../product-mixture/mixture-tables.ts";
import { type MixtureLayout, mixtureLayout } from "./mixture-layout.ts";
import { type NormalData, normalData } from "./normal-data.ts";
import { NormalEm } from "./normal-em.ts";
import { NormalMixture } from "./normal-mixture.ts";
import type { NormalParameters } from "./normal-rows.ts";

/** Options of {@link fitNormalMixture}. Only the key is required. */
export interface FitNormalMixtureOptions {
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
   * Number of components, or rising numbers to try until the validation rows stop improving. Default: 1, 2, 4, 8, 16.
   */
  readonly components?: number | readonly number[] | undefined;
  /** Treatment of missing cells; an unknown cell carries no information about its row. Default: "value". */
  readonly missing?: MissingCells | undefined;
  /** Maximum number of iterations of EM. Default: 40. */
  readonly iterations?: number | undefined;
  /**
   * Weight of the prior of categories in each component, in rows. Default: 2, 0.5 or 0.1, selected on validation rows.
   * Proposals of importance sampling need the largest.
   */
  readonly smoothing?: number | undefined;
  /** Stops the fit and keeps the best mixture found. */
  readonly signal?: AbortSignal | undefined;
}

/** Mixture of normals of one size. */
export interface TriedNormals {
  readonly components: number;
  readonly iterations: number;
  /** Nats per row; NaN without validation rows. */
  readonly validationNll: number;
}

/** Result of `fitNormalMixture`. */
export interface FitNormalMixtureResult {
  readonly model: NormalMixture;
  readonly tried: readonly TriedNormals[];
  /** Nats per row; NaN without validation rows. */
  readonly validationNll: number;
}

const WHERE = "fitNormalMixture";
const COMPONENTS = [1, 2, 4, 8, 16];
const ITERATIONS = 40;
/** Iterations that gain less than this, in nats per row, end EM. */
const GAIN = 1e-3;
const PRIORS = { pooled: 50, diagonal: 2, tables: 2 };
/** Maximum multiplications per iteration with all rows; above it, fewer rows are read. */
const MOST_WORK = 5e7;
const LEAST_ROWS = 200;

/**
 * Fits a mixture of normals to a table by expectation–maximization. Columns may be numbers or categories with missing
 * cells. Validation rows select the number of components. From a large table it reads a subset of the rows.
 *
 * @throws {DataError} no rows or no columns, or a column of missing cells only.
 * @throws {OptionError} an option out of range.
 * @example
 * const { model } = await fitNormalMixture(penguins(), { key, components: 2 });
 * const rows = model.sample(key, 3);
 */
export async function fitNormalMixture(
  table: Table,
  options: FitNormalMixtureOptions,
): Promise<FitNormalMixtureResult> {
  checkOptions("fitNormalMixture", options, {
    key: true,
    columns: true,
    steps: true,
    codings: true,
    validation: true,
    components: true,
    missing: true,
    iterations: true,
    smoothing: true,
    signal: true,
  });
  checkKey("fitNormalMixture", options);
  const { key, missing = "value", signal, iterations = ITERATIONS, smoothing } = options;
  if (smoothing !== undefined && !(smoothing > 0 && smoothing < Number.POSITIVE_INFINITY)) {
    throw new OptionError(`fitNormalMixture: expected smoothing above 0, got ${describeValue(smoothing)}.`);
  }
  const priors = { ...PRIORS, ...(smoothing !== undefined && { tables: smoothing }) };
  if (!Number.isSafeInteger(iterations) || iterations < 1) {
    throw new OptionError(
      `fitNormalMixture: expected iterations to be an integer from 1, got ${describeValue(iterations)}.`,
    );
  }
  checkTable("fitNormalMixture", table);
  if (table.rows === 0) throw new DataError("fitNormalMixture: expected rows, got none.");
  const { train, validation } = splitTable(table, { key, validation: options.validation });
  const columns = mixtureColumns(WHERE, { train, validation }, options);
  const layout = mixtureLayout(columns);
  const tried: TriedNormals[] = [];
  let best: { readonly model: NormalMixture; readonly validationNll: number; readonly em: NormalEm } | undefined;
  let one: NormalParameters | undefined;
  let data: NormalData | undefined;
  for (const components of checkedSizes(WHERE, options.components ?? COMPONENTS)) {
    const rows = someRows(train, components, layout, key);
    // As many rows are the same ones.
    if (data?.rows !== rows.rows) data = normalData(layout, rows, missing);
    const em = new NormalEm(layout, data, priors);
    if (components > 1) {
      one ??= (await converge(new NormalEm(layout, data, priors), iterations, signal)).parameters;
      const order = key.fold(`start ${components}`).permutation(rows.rows);
      em.startAt(
        Array.from({ length: components }, (_, k) => order[k % rows.rows] as number),
        one,
      );
    }
    const found = await converge(em, iterations, signal);
    if (components === 1) one = found.parameters;
    const model = modelOf(columns, found.parameters);
    const validationNll = validation.rows === 0 ? Number.NaN : meanNll(model.logProb(validation, { missing }));
    tried.push({ components, iterations: found.iterations, validationNll });
    if (best !== undefined && !(validationNll < best.validationNll)) {
      model.dispose();
      break;
    }
    best?.model.dispose();
    best = { model, validationNll, em };
    if (validation.rows === 0 || signal?.aborted) break;
  }
  const { em, ...found } = best as NonNullable<typeof best>;
  if (smoothing !== undefined) return { ...found, tried };
  return {
    ...lessSmooth(found, (weak) => modelOf(columns, em.withSmoothing(weak)), validation, missing),
    tried,
  };
}

/** Weaker priors of tables, in rows: a category that no row of a component has then hardly occurs in samples. */
const WEAK_PRIORS = [0.5, 0.1];

/** Takes the prior of tables that is best on validation rows. */
function lessSmooth(
  strong: Pick<FitNormalMixtureResult, "model" | "validationNll">,
  modelWith: (smoothing: number) => NormalMixture,
  validation: Table,
  missing: "value" | "unknown",
): Pick<FitNormalMixtureResult, "model" | "validationNll"> {
  if (validation.rows === 0 || strong.model.columns.length < 2) return strong;
  let best = strong;
  for (const smoothing of WEAK_PRIORS) {
    const model = modelWith(smoothing);
    const validationNll = meanNll(model.logProb(validation, { missing }));
    const isBetter = validationNll < best.validationNll;
    (isBetter ? best.model : model).dispose();
    if (!isBetter) break;
    best = { model, validationNll };
  }
  return best;
}

async function converge(
  em: NormalEm,
  most: number,
  signal: AbortSignal | undefined,
): Promise<{ readonly parameters: NormalParameters; readonly iterations: number }> {
  const slice = new TimeSlice();
  let last = Number.NEGATIVE_INFINITY;
  for (let iterations = 1; ; iterations++) {
    const run = em.iterate();
    let next = run.next();
    while (!next.done) {
      if (slice.isOver) await slice.breathe();
      next = run.next();
    }
    if (next.value < last + GAIN || iterations >= most || signal?.aborted)
      return { parameters: em.parameters, iterations };
    last = next.value;
  }
}

/** Returns a random subset of the rows that limits the work of one iteration. */
function someRows(table: Table, components: number, { size }: MixtureLayout, key: Key): Table {
  // A row may have a pattern of missing cells of its own, whose factor is a third of the cube.
  const most = Math.max(LEAST_ROWS, Math.floor(MOST_WORK / (components * (size ** 3 / 3 + 2 * size ** 2 + 1))));
  if (table.rows <= most) return table;
  return takeTableRows(table, key.fold("rows").permutation(table.rows).subarray(0, most));
}

function modelOf(columns: readonly MixtureColumn[], parameters: NormalParameters): NormalMixture {
  const { count, size, means, covariances, noise, logWeights, logTables } = parameters;
  const factors = new Float64Array(covariances.length);
  const square = size * size;
  for (let k = 0; k < count; k++) {
    factors.set(lowerFactor(covariances.subarray(k * square, (k + 1) * square), size), k * square);
  }
  return new NormalMixture({
    ...{ columns, components: count, weights: logWeights, means, factors, noise },
    tables: logTables,
  });
}
