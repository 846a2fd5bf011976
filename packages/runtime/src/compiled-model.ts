import { checkOptions } from "@pushforward/core/extend";
import { InverseNotAvailableError, type Key, OptionError, ShapeError } from "@pushforward/core/plain";
import { decodePlanFile } from "./file/decode-plan-file.ts";
import { encodePlanFile } from "./file/encode-plan-file.ts";
import type { FilePlan, PlanFile, Scales } from "./file/plan-file.ts";
import { BoundPlan, ParameterValues } from "./run/bound-plan.ts";
import { drawSamples } from "./run/draw-samples.ts";
import type { Engine } from "./run/engine.ts";

/** Rows of a call of the sampler, as in `sampleRows`. */
const CHUNK_ROWS = 4096;

/** Distance from 0 beyond which a value may overflow float32 on its way through a model. */
const FAR = 1e6;

/** A model that was compiled: it scores, samples and trains by its plans. `openCompiled` makes one. */
export class CompiledModel {
  private readonly file: PlanFile;
  private readonly engine: Engine;
  private readonly values: ParameterValues;
  private readonly bound = new Map<FilePlan, BoundPlan>();

  constructor(file: PlanFile, engine: Engine) {
    this.file = file;
    this.engine = engine;
    this.values = new ParameterValues(file.parameters);
  }

  /** Numbers in a row. */
  get features(): number {
    return this.file.features;
  }

  /** Numbers in a context; 0 for a model without. */
  get contextSize(): number {
    return this.file.contextSize;
  }

  /** Names of the columns of a row. */
  get columns(): readonly string[] {
    return this.file.columns;
  }

  get contextColumns(): readonly string[] {
    return this.file.contextColumns;
  }

  /** Numbers that training can move. */
  get parameterCount(): number {
    return this.file.parameters.reduce((sum, { trainable, values }) => sum + (trainable ? values.length : 0), 0);
  }

  /** `true` if {@link sample} is available: not for a model with samples that need tensors. */
  get canSample(): boolean {
    return this.file.sampler !== undefined;
  }

  /**
   * Log-densities in nats, one for each row.
   *
   * @param x rows one after the other, in the units of the table.
   * @param context a context for each row, where the model takes one.
   * @throws {ShapeError} the numbers are not whole rows, or the context does not fit.
   */
  logProb(x: ArrayLike<number>, context?: ArrayLike<number>): Float64Array {
    const { features, density, scales } = this.file;
    const rows = this.rowsOf("logProb", x, context);
    const standardized = standardize(x, features, scales);
    const [values] = this.plan(density).run([standardized, ...this.contexts(context)], rows) as [Float32Array];
    const logVolume = logVolumeOf(scales);
    return Float64Array.from(values, (value, r) => {
      const isOverflow = Number.isNaN(value) || value === Number.POSITIVE_INFINITY;
      // Less probable than float32 can say; with weights that overflow, rows nearby are NaN as well.
      if (isOverflow && isFar(standardized.subarray(r * features, (r + 1) * features))) return Number.NEGATIVE_INFINITY;
      return value - logVolume;
    });
  }

  /**
   * Draws samples in the units of the table, row by row: the samples of `sampleRows` for the same key, up to rounding.
   *
   * @param context one context for each sample, if the model takes one.
   * @throws {InverseNotAvailableError} {@link canSample} is false.
   * @throws {ShapeError} the context does not fit.
   * @throws {OptionError} the count is no integer from 0.
   */
  sample(key: Key, count: number, context?: ArrayLike<number>): Float64Array {
    const { features, contextSize, sampler, scales } = this.file;
    if (sampler === undefined) {
      throw new InverseNotAvailableError("CompiledModel.sample: expected a model with a sampler, got one without.");
    }
    if (!Number.isInteger(count) || count < 0) {
      throw new OptionError(`CompiledModel.sample: expected a count of at least 0, got ${count}.`);
    }
    this.checkContext("sample", count, context);
    const [given] = this.contexts(context);
    const parts = {
      array: (place: number) => this.values.of(place),
      run: (plan: FilePlan, inputs: readonly Float32Array[], rows: number) =>
        this.plan(plan).run(inputs, rows)[0] as Float32Array,
    };
    const samples = new Float64Array(count * features);
    for (let from = 0; from < count; from += CHUNK_ROWS) {
      const rows = Math.min(CHUNK_ROWS, count - from);
      const own = given?.subarray(from * contextSize, (from + rows) * contextSize);
      samples.set(drawSamples(sampler, key.fold(from), rows, parts, own), from * features);
    }
    if (scales === undefined) return samples;
    const { mean, sd } = scales;
    return samples.map((y, i) => (mean[i % features] as number) + (sd[i % features] as number) * y);
  }

  /** Parts of the model that a `PlanTrainer` needs. */
  trainedParts(): TrainedParts {
    const { engine, values } = this;
    const { features, density, scales } = this.file;
    const prepare: TrainedParts["prepare"] = (x, context) => {
      const rows = this.rowsOf("trainedParts().prepare", x, context);
      return { rows, inputs: [standardize(x, features, scales), ...this.contexts(context)] };
    };
    return { engine, plan: density, values, prepare, logVolume: logVolumeOf(scales) };
  }

  /** The file of the model as it is now, for `openCompiled`. */
  save(): Uint8Array<ArrayBuffer> {
    return encodePlanFile(this.file);
  }

  private plan(plan: FilePlan): BoundPlan {
    let bound = this.bound.get(plan);
    if (bound === undefined) {
      bound = new BoundPlan(this.engine, plan, this.values);
      this.bound.set(plan, bound);
    }
    return bound;
  }

  private contexts(context: ArrayLike<number> | undefined): Float32Array[] {
    const { contextSize, contextScales } = this.file;
    return context === undefined ? [] : [standardize(context, contextSize, contextScales)];
  }

  private rowsOf(where: string, x: ArrayLike<number>, context: ArrayLike<number> | undefined): number {
    const { features } = this.file;
    const rows = x.length / features;
    if (!Number.isInteger(rows)) {
      throw new ShapeError(
        `CompiledModel.${where}: expected whole rows of ${features} numbers, got ${x.length} numbers.`,
      );
    }
    this.checkContext(where, rows, context);
    return rows;
  }

  private checkContext(where: string, rows: number, context: ArrayLike<number> | undefined): void {
    const expected = rows * this.file.contextSize;
    const got = context?.length ?? 0;
    if (got === expected && (context !== undefined) === this.file.contextSize > 0) return;
    throw new ShapeError(`CompiledModel.${where}: expected ${expected} numbers of context, got ${got}.`);
  }
}

/** Rows as float32, standardized before they are rounded. */
function standardize(x: ArrayLike<number>, width: number, scales: Scales | undefined): Float32Array {
  if (scales === undefined) return Float32Array.from(x);
  const { mean, sd } = scales;
  return Float32Array.from(x, (value, i) => (value - (mean[i % width] as number)) / (sd[i % width] as number));
}

/** `log|det|` of the map from the units of the plans to the units of the table. */
function logVolumeOf(scales: Scales | undefined): number {
  let sum = 0;
  for (const sd of scales?.sd ?? []) sum += Math.log(Math.abs(sd));
  return sum;
}

function isFar(row: Float32Array): boolean {
  return row.some((value) => Math.abs(value) > FAR) && !row.some(Number.isNaN);
}

/** Options of {@link openCompiled}. */
export interface OpenCompiledOptions {
  /** Compute engine: `scalarEngine`, or `wasmEngine()` of `@pushforward/runtime/wasm`. */
  readonly engine: Engine;
}

/**
 * Opens a compiled model, the bytes that `compileModel` of `pushforward/compile` wrote. The bytes are untrusted: all
 * parts are checked before any code runs.
 *
 * @throws {ModelFileError} for any invalid bytes; no other error is thrown.
 * @example
 * const bytes = compileModel(maf({ features: 2, key: createKey(0) }));
 * const model = openCompiled(bytes, { engine: scalarEngine });
 * model.logProb([0, 0, 1, 2]).length; // → 2
 */
export function openCompiled(bytes: Uint8Array, options: OpenCompiledOptions): CompiledModel {
  checkOptions("openCompiled", options, { engine: true });
  const { engine } = options;
  return new CompiledModel(decodePlanFile(bytes), engine);
}

/** The parts of a model that its training needs. */
export interface TrainedParts {
  readonly engine: Engine;
  readonly plan: FilePlan;
  readonly values: ParameterValues;
  /** Checks rows and contexts, and standardizes both. */
  readonly prepare: (
    x: ArrayLike<number>,
    context?: ArrayLike<number>,
  ) => { readonly rows: number; readonly inputs: readonly Float32Array[] };
  readonly logVolume: number;
}
