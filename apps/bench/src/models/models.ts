import { disposeParameters, parameter, parameterTree, setExecutor } from "@pushforward/core/extend";
import * as ops from "@pushforward/ops";
import * as tf from "@tensorflow/tfjs-core";
import {
  AffineElementwise,
  type Bijection,
  chain,
  createKey,
  Flow,
  type Module,
  maf,
  nsf,
  type Parameter,
  type ParameterTree,
  type Shape,
  StandardNormal,
  type ValueAndLogDet,
} from "pushforward";

/**
 * The layer of a user, in plain operations of TensorFlow.js, which no fused kernel and no plan knows:
 * `y = sinh(eᵗ (asinh x + s))` for each feature (Jones and Pewsey 2009).
 */
class SinhArcsinh implements Bijection, Module {
  readonly eventRankIn = 1;
  readonly eventRankOut = 1;
  readonly inverseKind = "analytic";
  private readonly skew: Parameter;
  private readonly logTail: Parameter;

  constructor(features: number) {
    this.skew = parameter([features]);
    this.logTail = parameter([features]);
  }

  forwardShape(eventShape: Shape): Shape {
    return eventShape;
  }

  inverseShape(eventShape: Shape): Shape {
    return eventShape;
  }

  forward(x: tf.Tensor): tf.Tensor {
    return tf.tidy(() => tf.sinh(this.inner(x)));
  }

  inverse(y: tf.Tensor): tf.Tensor {
    return tf.tidy(() => this.solve(y));
  }

  forwardAndLogDet(x: tf.Tensor): ValueAndLogDet {
    return tf.tidy(() => {
      const z = this.inner(x);
      return [tf.sinh(z), this.logSlope(x, z)];
    });
  }

  inverseAndLogDet(y: tf.Tensor): ValueAndLogDet {
    return tf.tidy(() => {
      const x = this.solve(y);
      return [x, tf.neg(this.logSlope(x, tf.asinh(y)))];
    });
  }

  parameters(): ParameterTree {
    return parameterTree({ skew: this.skew, logTail: this.logTail });
  }

  dispose(): void {
    disposeParameters(this.parameters());
  }

  [Symbol.dispose](): void {
    this.dispose();
  }

  private inner(x: tf.Tensor): tf.Tensor {
    return tf.mul(tf.exp(this.logTail.variable), tf.add(tf.asinh(x), this.skew.variable));
  }

  private solve(y: tf.Tensor): tf.Tensor {
    return tf.sinh(tf.sub(tf.mul(tf.asinh(y), tf.exp(tf.neg(this.logTail.variable))), this.skew.variable));
  }

  private logSlope(x: tf.Tensor, z: tf.Tensor): tf.Tensor {
    // cosh overflows in float32 where its logarithm does not.
    const logCosh = tf.sub(tf.sub(ops.softplus(tf.mul(z, 2)), z), Math.LN2);
    const slope = tf.sub(logCosh, tf.mul(tf.log(tf.add(tf.square(x), 1)), 0.5));
    return tf.sum(tf.add(slope, this.logTail.variable), -1);
  }
}

/** A model that is measured, in numbers that the Python scripts build theirs from, and how it is used. */
export interface ModelSpec {
  readonly id: string;
  readonly title: string;
  readonly scheme: "autoregressive" | "coupling" | "elementwise";
  readonly family: "affine" | "spline";
  readonly features: number;
  readonly transforms: number;
  readonly hidden: readonly number[];
  readonly bins: number;
  readonly bound: number;
  /** `true` if the last layer is a user-defined layer. */
  readonly userLayer: boolean;
  /** The library that has this model. */
  readonly peer: "zuko" | "nflows" | undefined;
  /** Rows of a training step. */
  readonly batch: number;
  /** Rows that are drawn at once. */
  readonly draws: number;
}

const common = { bins: 0, bound: 0, userLayer: false, draws: 256 } as const;

const mafD2 = {
  ...common,
  scheme: "autoregressive",
  family: "affine",
  features: 2,
  transforms: 5,
  hidden: [64, 64],
  peer: "zuko",
  batch: 256,
} as const;

const couplingD2 = {
  ...common,
  scheme: "coupling",
  family: "spline",
  features: 2,
  transforms: 5,
  hidden: [50, 50, 50],
  bins: 10,
  bound: 3,
  peer: "nflows",
  batch: 50,
} as const;

/** The models, in the order of the table. */
export const models: readonly ModelSpec[] = [
  { ...mafD2, id: "a", title: "MAF, d 2, 5 × (64, 64), batch 256" },
  { ...mafD2, id: "b", title: "NSF, d 2, 5 × (64, 64), 8 bins, batch 256", family: "spline", bins: 8, bound: 5 },
  { ...couplingD2, id: "c1", title: "coupling NSF, d 2, hidden 50, 10 bins, batch 50" },
  { ...couplingD2, id: "c2", title: "coupling NSF, d 2, hidden 50, 10 bins, batch 512", batch: 512 },
  { ...couplingD2, id: "c3", title: "coupling NSF, d 8, hidden 50, 10 bins, batch 512", features: 8, batch: 512 },
  {
    ...mafD2,
    id: "d",
    title: "MAF, d 43, 5 × (512, 512), batch 512",
    features: 43,
    hidden: [512, 512],
    batch: 512,
    draws: 512,
  },
  {
    ...common,
    id: "e",
    title: "affine map, d 1, batch 10",
    scheme: "elementwise",
    family: "affine",
    features: 1,
    transforms: 1,
    hidden: [],
    peer: undefined,
    batch: 10,
  },
  { ...mafD2, id: "f", title: "MAF as a, with a layer of a user", userLayer: true },
];

/** The flow of a specification, as a user makes it. */
export function makeFlow(spec: ModelSpec): Flow {
  const { features, transforms, hidden, bins, bound } = spec;
  if (spec.scheme === "elementwise") {
    return new Flow(new StandardNormal({ features }), new AffineElementwise({ features }));
  }
  const shared = { features, transforms, hidden, key: createKey(0) };
  const flow =
    spec.family === "affine"
      ? maf(shared)
      : nsf({ ...shared, bins, bound, ...(spec.scheme === "coupling" && { coupling: true, residual: true }) });
  if (!spec.userLayer) return flow;
  const { layers } = flow.transform as Bijection & { readonly layers: readonly Bijection[] };
  return new Flow(flow.base, chain([...layers, new SinhArcsinh(features)]));
}

/**
 * Restricts the current backend to the operations of TensorFlow.js: it removes our fused kernels and the execution of
 * plans. The change is permanent, so call it in a separate process.
 */
export function usePlainOperations(): void {
  const backend = tf.getBackend();
  for (const { kernelName } of tf.getKernelsForBackend(backend)) {
    if (kernelName.startsWith("Pushforward")) tf.unregisterKernel(kernelName, backend);
  }
  setExecutor(tf.backend(), undefined);
}
