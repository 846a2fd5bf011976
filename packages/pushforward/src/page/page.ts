import { columnSteps, dequantize } from "@pushforward/auto/extend";
import { createKey, DataError, type Key, ndArray, OptionError } from "@pushforward/core";
import { checkOptions } from "@pushforward/core/extend";
import { TimeSlice } from "@pushforward/core/plain";
import { columnStatistics, type NumberColumn, type Table, takeRows } from "@pushforward/datasets";
import { createTable, listNames, roundToGrid, splitIndices } from "@pushforward/datasets/extend";
import { type CompiledModel, openCompiled, trainCompiledEvents } from "@pushforward/runtime";
import { encodePlanFile } from "@pushforward/runtime/file";
import { moduleEngine } from "@pushforward/runtime/wasm";
import type { StartingModel } from "./starting-models.ts";

export { formatCsv, parseCsv } from "@pushforward/datasets";

// The script of a page without a bundler. The build defines these two.
declare const STARTING_MODELS: readonly StartingModel[];
declare const KERNELS: string;

/** Options of {@link fit}. */
export interface PageFitOptions {
  /** Columns to learn. Default: all columns of numbers. */
  readonly columns?: readonly string[];
  /** Random seed. Default: 0. */
  readonly seed?: number;
  /** Maximum number of passes over the rows. Default: 60. */
  readonly maxEpochs?: number;
  /** Called after each epoch with the mean negative log-density of the held-out rows, in nats. */
  readonly onEpoch?: (epoch: {
    readonly epoch: number;
    readonly epochs: number;
    readonly validationLoss: number;
  }) => void;
}

const FEWEST_ROWS = 20;
const VALIDATION = 0.1;
const PATIENCE = 12;

/**
 * Learns the density of the columns of numbers of a table with a neural spline flow. A tenth of the rows is held out;
 * training ends after 12 epochs without improvement, and keeps the best epoch. Numbers on a grid, such as integers, get
 * uniform noise of ± half a step, as in `fitAuto`.
 *
 * @throws {DataError} too few rows, missing numbers, a constant column, or more than 8 columns.
 */
export async function fit(table: Table, options: PageFitOptions = {}): Promise<PageModel> {
  checkOptions("fit", options, { columns: true, seed: true, maxEpochs: true, onEpoch: true });
  const { seed = 0, maxEpochs: epochs = 60, onEpoch } = options;
  if (!Number.isInteger(epochs) || epochs < 1) throw new OptionError(`fit: expected maxEpochs from 1, got ${epochs}.`);
  const numeric = table.columns.filter(({ kind }) => kind === "number").map(({ name }) => name);
  const columns = options.columns ?? numeric;
  const start = STARTING_MODELS[columns.length - 1];
  if (start === undefined) {
    throw new DataError(`fit: expected 1 to ${STARTING_MODELS.length} columns of numbers, got ${columns.length}.`);
  }
  if (table.rows < FEWEST_ROWS) throw new DataError(`fit: expected at least ${FEWEST_ROWS} rows, got ${table.rows}.`);
  const x = ndArray([table.rows, columns.length], matrixOf("fit", table, columns));
  const { mean, sd, constant } = columnStatistics(x);
  if (constant.length > 0) {
    const names = listNames(constant.map((j) => columns[j] as string));
    throw new DataError(`fit: expected columns with different numbers, got a constant one: ${names}. Leave it out.`);
  }
  const key = createKey(seed);
  const steps = columnSteps(x);
  const rows = splitIndices(table.rows, { validation: VALIDATION, key: key.fold("split") });
  const noisy = dequantize(x, steps, key.fold("noise"));
  const take = (indices: ArrayLike<number>): Float64Array => takeRows(noisy, indices).data as Float64Array;
  const engine = moduleEngine(await WebAssembly.compile(bytesOf(KERNELS)));
  const scales = { mean: Array.from(mean), sd: Array.from(sd) };
  const file = { ...start, columns, scales, parameters: initialized(start, key.fold("weights")) };
  const model = openCompiled(encodePlanFile(file), { engine });
  const data = { train: take(rows.train), validation: take(rows.validation) };
  const best = await trained(model, { ...data, key, epochs, ...(onEpoch && { onEpoch }) });
  return new PageModel(openCompiled(best, { engine }), steps);
}

/** A learned density of columns of numbers. */
export class PageModel {
  private readonly model: CompiledModel;
  private readonly steps: ReadonlyMap<number, number>;

  constructor(model: CompiledModel, steps: ReadonlyMap<number, number>) {
    this.model = model;
    this.steps = steps;
  }

  /** Names of the learned columns. */
  get columns(): readonly string[] {
    return this.model.columns;
  }

  /** The log-density of each row in nats, in the units of the table; other columns are ignored. */
  logProb(table: Table): Float64Array {
    return this.model.logProb(matrixOf("logProb", table, this.columns));
  }

  /** Draws rows. Columns of numbers on a grid have numbers on the grid. */
  sample(count: number, { seed = 0 }: { readonly seed?: number } = {}): Table {
    const values = this.model.sample(createKey(seed), count);
    const width = this.columns.length;
    return createTable(
      this.columns.map((name, j): NumberColumn => {
        const step = this.steps.get(j);
        const column = Float64Array.from({ length: count }, (_, i) => values[i * width + j] as number);
        return {
          name,
          kind: "number",
          values: step === undefined ? column : column.map((value) => roundToGrid(value, step)),
        };
      }),
    );
  }
}

function matrixOf(where: string, table: Table, names: readonly string[]): Float64Array {
  const columns = names.map((name) => {
    const column = table.columns.find((candidate) => candidate.name === name);
    if (column?.kind === "number") return column.values;
    const got = column === undefined ? `the columns ${listNames(table.columns.map((other) => other.name))}` : "text";
    throw new DataError(`${where}, column "${name}": expected a column of numbers, got ${got}.`, { column: name });
  });
  return Float64Array.from({ length: table.rows * names.length }, (_, i) => {
    return (columns[i % names.length] as Float64Array)[Math.floor(i / names.length)] as number;
  });
}

function initialized({ parameters }: StartingModel, key: Key) {
  return parameters.map(({ start, ...rest }) => {
    const count = rest.shape.reduce((product, size) => product * size, 1);
    const values =
      typeof start === "string"
        ? Float32Array.from(start, Number)
        : Float32Array.from(
            start === 0 ? { length: count } : key.fold(rest.name).uniform(count),
            (u = 0.5) => (2 * u - 1) * start,
          );
    return { ...rest, values };
  });
}

interface Training extends Pick<PageFitOptions, "onEpoch"> {
  readonly train: Float64Array;
  readonly validation: Float64Array;
  readonly key: Key;
  readonly epochs: number;
}

/** Trains a model, and returns the file of its best epoch. The page stays responsive. */
async function trained(
  model: CompiledModel,
  { train, validation, key, epochs, onEpoch }: Training,
): Promise<Uint8Array> {
  const slice = new TimeSlice();
  let [best, lowest, last, epoch] = [model.save() as Uint8Array, Number.POSITIVE_INFINITY, 0, 0];
  for (const { step, totalSteps } of trainCompiledEvents(
    model,
    { x: train },
    { key: key.fold("train"), maxEpochs: epochs },
  )) {
    await slice.breathe();
    if ((step * epochs) % totalSteps !== 0) continue;
    epoch++;
    const densities = model.logProb(validation);
    const validationLoss = -densities.reduce((sum, value) => sum + value, 0) / densities.length;
    onEpoch?.({ epoch, epochs, validationLoss });
    if (validationLoss < lowest) [best, lowest, last] = [model.save(), validationLoss, epoch];
    else if (epoch - last >= PATIENCE) break;
  }
  return best;
}

function bytesOf(hex: string): Uint8Array<ArrayBuffer> {
  return Uint8Array.from({ length: hex.length / 2 }, (_, i) => Number.parseInt(hex.slice(2 * i, 2 * i + 2), 16));
}
