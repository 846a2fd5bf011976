import { BackendError, type Parameter } from "@pushforward/core";
import type { Plan, TapeTrainer } from "@pushforward/core/extend";
import type { Kernels } from "@pushforward/kernels";
import { kernelFunc, listGradient, runKernel } from "@pushforward/ops";
import * as tf from "@tensorflow/tfjs-core";
import { TapeRun, TapeRunTrainer } from "./tape-run.ts";
import { servesRows, type TrainingPlan, trainingPlan } from "./training-plan.ts";

/** Maximum size of the arena of a run, in numbers (256 MiB). The arena is kept until the gradient is known. */
const LARGEST_ARENA = 1 << 26;

/** Numbers of an arena that is kept for the next run, 16 MiB. */
const KEPT_ARENA = 1 << 22;

const KERNEL = "PushforwardPlan";

/** The two passes of a run. The kernel and its gradient only call the passes at the right moment. */
interface PlanAttributes {
  readonly forward: () => tf.TensorInfo[];
  readonly backward: (outputGradients: readonly tf.Tensor[]) => tf.Tensor[];
}

/** The kernel by which the tape sees the run of a plan. */
export const planKernel: Pick<tf.KernelConfig, "kernelName" | "kernelFunc"> = {
  kernelName: KERNEL,
  kernelFunc: kernelFunc<object, PlanAttributes>(({ attrs }) => attrs.forward()),
};

/** Gradient of the plan kernel. It saves no tensors, because the tape copies saved tensors. */
export const planGradient: tf.GradConfig = listGradient<PlanAttributes>(KERNEL, (outputs, _saved, { backward }) =>
  backward(outputs),
);

/** A run between its forward and its backward pass. */
interface OpenRun {
  /** Tape of the run. If a different tape is active, no backward pass will follow. */
  readonly tape: object | null;
  readonly run: TapeRun;
}

/** Runs plans as operations on the tape of tfjs: forward with all that the backward pass will read in an arena. */
export class PlanOnTape {
  private readonly backend: object;
  private readonly kernels: Kernels;
  private readonly prepared = new WeakMap<Plan, TrainingPlan>();
  private readonly open = new Set<OpenRun>();
  /** The one that was closed last, which the next step of somebody's training is likely to need. */
  private idle: TapeRun | undefined;
  /** Trainer of the loss that is being computed. */
  private trainer: TapeRunTrainer | undefined;

  constructor(backend: object, kernels: Kernels) {
    this.backend = backend;
    this.kernels = kernels;
  }

  /** The outputs; undefined where too much would have to be kept. */
  run(plan: Plan, inputs: readonly tf.Tensor[]): tf.Tensor[] | undefined {
    this.freeAbandoned();
    return this.trainer === undefined ? this.runOnce(plan, inputs) : this.runFor(this.trainer, plan, inputs);
  }

  /** Creates a trainer that keeps its runs between the steps of a training. */
  trainerOf(trained: Iterable<Parameter>): TapeTrainer {
    return new TapeRunTrainer(this.backend, this.kernels, trained, (trainer) => {
      const outer = this.trainer;
      this.trainer = trainer;
      return () => {
        this.trainer = outer;
      };
    });
  }

  /** Frees the memory of runs that never got a backward pass. */
  freeAbandoned(): void {
    const tape = tf.engine().state.activeTape;
    for (const open of this.open) {
      if (open.tape !== tape) this.close(open);
    }
  }

  /** Runs a plan in memory that stays reserved until the backward pass. */
  private runOnce(plan: Plan, inputs: readonly tf.Tensor[]): tf.Tensor[] | undefined {
    const training = this.trainingFor(plan, rowsOf(inputs));
    if (isTooLarge(training)) return undefined;
    let open: OpenRun | undefined;
    return runPlanKernel([...inputs, ...variablesOf(training)], {
      forward: () => {
        open = { tape: tf.engine().state.activeTape, run: this.take(training) };
        this.open.add(open);
        return open.run.forward(inputs);
      },
      backward: (outputGradients) => {
        if (open === undefined || !this.open.has(open)) {
          throw new BackendError(
            "gradient of a plan: expected no other function to be differentiated between its forward and its backward " +
              "pass, got one with a plan as well. Compute that one before.",
          );
        }
        const { run } = open;
        const ofInputs = run.backward(outputGradients);
        const gradients = run.copyGradients();
        this.close(open);
        return [...ofInputs, ...gradients].map(asTensor);
      },
    });
  }

  private take(training: TrainingPlan): TapeRun {
    const { idle } = this;
    if (idle !== undefined) this.idle = undefined;
    if (idle?.training === training) return idle;
    idle?.free();
    return new TapeRun(this.backend, this.kernels, training);
  }

  private close(open: OpenRun): void {
    this.open.delete(open);
    const { run } = open;
    if (this.idle === undefined && run.training.layout.size <= KEPT_ARENA) this.idle = run;
    else run.free();
  }

  /** A run in the memory of a trainer, to which the gradients of the parameters go. */
  private runFor(trainer: TapeRunTrainer, plan: Plan, inputs: readonly tf.Tensor[]): tf.Tensor[] | undefined {
    const training = trainer.trainingFor(plan, rowsOf(inputs));
    if (isTooLarge(training)) return undefined;
    let run: TapeRun | undefined;
    return runPlanKernel([...inputs, trainer.anchor], {
      forward: () => {
        run = trainer.take(training);
        return run.forward(inputs);
      },
      backward: (outputGradients) => {
        const ofInputs = (run as TapeRun).backward(outputGradients).map(asTensor);
        trainer.add(run as TapeRun);
        return [...ofInputs, tf.scalar(0)];
      },
    });
  }

  private trainingFor(plan: Plan, rows: number): TrainingPlan {
    const known = this.prepared.get(plan);
    if (known !== undefined && servesRows(known, rows)) return known;
    const trainable = plan.parameters.filter((parameter) => parameter.trainable);
    const training = trainingPlan(plan, rows, trainable, true);
    this.prepared.set(plan, training);
    return training;
  }
}

function runPlanKernel(inputs: readonly tf.Tensor[], attributes: PlanAttributes): tf.Tensor[] {
  return runKernel(KERNEL, inputs, attributes);
}

function isTooLarge({ layout }: TrainingPlan): boolean {
  return layout.size > LARGEST_ARENA;
}

function rowsOf(inputs: readonly tf.Tensor[]): number {
  return inputs[0]?.shape[0] as number;
}

function asTensor(info: tf.TensorInfo): tf.Tensor {
  return tf.engine().makeTensorFromTensorInfo(info);
}

function variablesOf({ plan, written }: TrainingPlan): tf.Variable[] {
  return Array.from(written, (id) => plan.parameters[id]?.variable as tf.Variable);
}
