import {
  type AdamArrays,
  type AdamUpdateOptions,
  adamScratchSize,
  checkAdam,
  hasGradient,
  type Key,
  meanLoss,
  meanLossSeed,
  OptionError,
  ShapeError,
  TrainingDivergedError,
} from "@pushforward/core/plain";
import {
  KEY_SIZE,
  type Kernels,
  type PlanGradients,
  type PlanLayout,
  PlanRun,
  planGradients,
  planKeys,
  planLayout,
} from "@pushforward/kernels";
import type { CompiledModel, TrainedParts } from "../compiled-model.ts";
import type { FilePlan } from "../file/plan-file.ts";
import { openArrays, type ParameterValues } from "../run/bound-plan.ts";
import type { EngineMemory } from "../run/engine.ts";

/** Options of a trainer. */
export interface TrainerOptions {
  /** Largest number of rows in a step. Default: 256. */
  readonly batchSize?: number;
  /** Gradients are scaled down to this norm over all parameters together; 0: they are not. Default: 5. */
  readonly clipNorm?: number;
  /** Decays of the moving means of the gradient and of its square. Default: 0.9 and 0.999. */
  readonly beta1?: number;
  readonly beta2?: number;
  /** Default: 1e-8. */
  readonly epsilon?: number;
}

/** Options of a step. */
export interface StepOptions {
  readonly learningRate: number;
  /** Decides which activations are dropped, in a model with dropout. Default: none are. */
  readonly key?: Key;
  readonly context?: ArrayLike<number>;
  /** A weight for each row, with mean 1 over the data. Default: 1. */
  readonly weights?: ArrayLike<number>;
}

/** Results of a step. */
export interface StepResult {
  /** Negative mean log-density of the batch before the step, in nats and in the units of the table. */
  readonly loss: number;
  /** Norm of all gradients together, before clipping. */
  readonly gradientNorm: number;
}

/**
 * Trains a compiled model in place by Adam (Kingma and Ba 2015, arXiv:1412.6980), batch by batch, in memory that is allocated
 * once.
 *
 * @throws {OptionError} the plan has no gradient; an option out of range.
 * @example
 * const model = openCompiled(compileModel(nsf({ features: 1, key: createKey(0) })), { engine: scalarEngine });
 * const trainer = new PlanTrainer(model, { batchSize: 3 });
 * console.log(trainer.step([0.1, 0.2, 0.4], { learningRate: 1e-3 }).loss);
 */
export class PlanTrainer {
  private readonly parts: TrainedParts;
  private readonly settings: Omit<AdamUpdateOptions, "learningRate" | "step">;
  private readonly memory: Pick<EngineMemory, "kernels" | "adam">;
  private readonly passes: PlanGradients;
  private readonly layout: PlanLayout;
  private readonly arena: Float32Array;
  private readonly parameters: readonly Float32Array[];
  private readonly gradients: readonly (Float32Array | undefined)[];
  /** File indices of the trained parameters, and the arrays that Adam updates. */
  private readonly trained: readonly number[];
  private readonly targets: readonly AdamArrays[];
  private readonly scratch: Float32Array;
  private readonly draws: Draws;
  private readonly runs = new Map<number, PlanRun>();
  private steps = 0;

  constructor(model: CompiledModel, options: TrainerOptions = {}) {
    const parts = model.trainedParts();
    const { engine, plan, values } = parts;
    const { batchSize = 256, clipNorm = 5, beta1 = 0.9, beta2 = 0.999, epsilon = 1e-8 } = options;
    if (!Number.isInteger(batchSize) || batchSize < 1) {
      throw new OptionError(`PlanTrainer: expected batchSize to be an integer from 1, got ${batchSize}.`);
    }
    refuseWithoutGradient(plan);
    this.parts = parts;
    const norm = clipNorm > 0 ? clipNorm : Number.POSITIVE_INFINITY;
    this.settings = { beta1, beta2, epsilon, weightDecay: 0, clipNorm: norm };
    const own = plan.parameters.map((at) => values.parameters[at] as ParameterValues["parameters"][number]);
    const places = [...own.keys()];
    const trained = new Set(places.filter((i) => own[i]?.trainable));
    this.passes = planGradients(plan, trained);
    this.layout = planLayout(plan, batchSize, this.passes);
    const sizes = own.map((one) => one.values.length);
    const sizeOf = (i: number): number => sizes[i] as number;
    const list = [...trained];
    const room = { ...this.settings, learningRate: Number.MAX_VALUE, step: 1 };
    const { arrays, ...memory } = openArrays(engine, [
      this.layout.size,
      adamScratchSize(room, () => list.map(sizeOf)),
      ...sizes,
      ...list.flatMap((i) => [sizeOf(i), sizeOf(i), sizeOf(i)]),
    ]);
    this.memory = memory;
    const [arena, scratch, ...rest] = arrays as [Float32Array, Float32Array, ...Float32Array[]];
    [this.arena, this.scratch] = [arena, scratch];
    this.parameters = rest.slice(0, sizes.length);
    for (const [i, array] of this.parameters.entries()) array.set((own[i] as { values: Float32Array }).values);
    const moving = rest.slice(sizes.length);
    this.targets = list.map((i, k) => ({
      value: this.parameters[i] as Float32Array,
      gradient: moving[3 * k] as Float32Array,
      first: moving[3 * k + 1] as Float32Array,
      second: moving[3 * k + 2] as Float32Array,
    }));
    this.gradients = places.map((i) => this.targets[list.indexOf(i)]?.gradient);
    this.trained = list.map((i) => plan.parameters[i] as number);
    this.draws = new Draws(plan, values);
  }

  /**
   * Runs one step on a batch: its loss and gradients, and an update of the parameters.
   *
   * @param x rows in sequence, in the units of the table.
   * @throws {ShapeError} the numbers are not whole rows; context or weights do not fit the rows.
   * @throws {OptionError} more rows than `batchSize`, or a learning rate out of range.
   * @throws {TrainingDivergedError} a loss, gradient or parameter is not finite; the model is unchanged by the step.
   */
  step(x: ArrayLike<number>, { learningRate, key, context, weights }: StepOptions): StepResult {
    const { rows, inputs } = this.parts.prepare(x, context);
    if (rows < 1 || rows > this.layout.rows) {
      throw new OptionError(`PlanTrainer.step: expected 1 to ${this.layout.rows} rows, got ${rows}.`);
    }
    if (!(learningRate >= 0 && learningRate < Number.POSITIVE_INFINITY)) {
      throw new OptionError(`PlanTrainer.step: expected a finite learning rate from 0, got ${learningRate}.`);
    }
    if (weights !== undefined && weights.length !== rows) {
      throw new ShapeError(`PlanTrainer.step: expected ${rows} weights, one for each row, got ${weights.length}.`);
    }
    const run = this.runFor(rows);
    for (const [k, input] of inputs.entries()) run.inputs[k]?.set(input);
    run.seeds[0]?.set(meanLossSeed(rows, weights));
    this.draws.update(key);
    run.forward();
    const loss = meanLoss(run.outputs[0] as Float32Array, rows, weights);
    if (!Number.isFinite(loss)) throw this.diverged("loss", loss, learningRate);
    run.backward();
    const gradientNorm = this.update(learningRate, loss);
    return { loss: loss + this.parts.logVolume, gradientNorm };
  }

  private update(learningRate: number, loss: number): number {
    const { adam } = this.memory;
    const options = { ...this.settings, learningRate, step: this.steps + 1 };
    const { report, steps } = checkAdam(adam, this.targets, options, this.scratch);
    if (steps === undefined) throw this.diverged(report.nonFinite?.what ?? "value", loss, learningRate);
    const { values } = this.parts;
    for (const [k, { value, gradient, first, second }] of this.targets.entries()) {
      adam.adamStep(value, gradient, first, second, value, steps[k] as (typeof steps)[number]);
      values.write(this.trained[k] as number, value);
    }
    this.steps++;
    return report.gradientNorm;
  }

  private runFor(rows: number): PlanRun {
    let run = this.runs.get(rows);
    if (run === undefined) {
      const { arena, parameters, gradients, draws } = this;
      const { kernels }: { readonly kernels: Kernels } = this.memory;
      run = new PlanRun(
        kernels,
        this.parts.plan,
        this.layout,
        this.passes,
        { arena, parameters, gradients, draws },
        rows,
      );
      this.runs.set(rows, run);
    }
    return run;
  }

  private diverged(what: string, loss: number, learningRate: number): TrainingDivergedError {
    const step = this.steps + 1;
    return new TrainingDivergedError(
      `PlanTrainer.step: expected finite numbers, got a ${what} that is not in step ${step}. Lower the learning rate.`,
      { step, epoch: 0, learningRate, loss },
    );
  }
}

/** Dropout keys, by the names of parameters. */
class Draws {
  readonly firstRow: Int32Array = new Int32Array(1);
  readonly keys: Int32Array;
  private readonly names: readonly (string | undefined)[];

  constructor(plan: FilePlan, { parameters }: ParameterValues) {
    this.names = planKeys(plan)
      .flat()
      .map((i) => parameters[plan.parameters[i] as number])
      .map((parameter) => (parameter?.isNamed ? parameter.name : undefined));
    this.keys = new Int32Array(KEY_SIZE * this.names.length);
  }

  update(key: Key | undefined): void {
    this.keys.fill(0);
    if (key === undefined) return;
    for (const [i, name] of this.names.entries()) {
      if (name !== undefined) this.keys.set([1, ...key.fold(name).words], KEY_SIZE * i);
    }
  }
}

function refuseWithoutGradient({ steps }: FilePlan): void {
  const flat = steps.find(({ op }) => !hasGradient(op));
  const used = steps.flatMap(({ parameters }) => [...parameters]);
  const isShared = new Set(used).size !== used.length;
  if (flat === undefined && !isShared) return;
  const reason = flat === undefined ? "two steps share a parameter" : `the step ${flat.op} has no gradient`;
  throw new OptionError(`PlanTrainer: expected a plan that can be trained, got one where ${reason}.`);
}
