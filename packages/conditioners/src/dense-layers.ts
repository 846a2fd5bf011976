import type { Key, Module, Parameter, ParameterTree, ParameterValues, Shape } from "@pushforward/core";
import { disposeParameters, OptionError, parameter, parameterTree } from "@pushforward/core";
import type { NetworkLayer, NetworkStepLayer } from "@pushforward/ops";
import type { Variable } from "@tensorflow/tfjs-core";

/** Shape and initial values of a {@link DenseLayer}. */
interface DenseLayerOptions {
  readonly inputs: number;
  readonly outputs: number;
  readonly contextSize: number;
  readonly key: Key | undefined;
  /** Which weights count, 1 or 0: values for a constant that is made when it is needed. */
  readonly mask: (() => Float32Array) | undefined;
}

/** One affine map of a network: `y = x · weight + bias (+ context · contextWeight)`; weights are stored `[in, out]`. */
export class DenseLayer implements Module {
  readonly weight: Parameter;
  readonly bias: Parameter;
  /** Only on the first layer of a network that takes a context. */
  readonly contextWeight?: Parameter;

  private readonly mask?: Parameter;

  constructor({ inputs, outputs, contextSize, key, mask }: DenseLayerOptions) {
    const bound = 1 / Math.sqrt(inputs + contextSize);
    const weight = parameter([inputs, outputs], uniform(key?.fold("weight"), inputs * outputs, bound));
    if (mask !== undefined) this.mask = parameter(weight.shape, mask, { trainable: false });
    this.weight = this.mask === undefined ? weight : new MaskedWeight(weight, this.mask);
    this.bias = parameter([outputs], uniform(key?.fold("bias"), outputs, bound));
    if (contextSize > 0) {
      const values = uniform(key?.fold("contextWeight"), contextSize * outputs, bound);
      this.contextWeight = parameter([contextSize, outputs], values);
    }
  }

  /** The tensors to compute with. */
  tensors(): NetworkLayer {
    return {
      weight: this.weight.variable,
      bias: this.bias.variable,
      ...(this.mask && { mask: this.mask.variable }),
      ...(this.contextWeight && { contextWeight: this.contextWeight.variable }),
    };
  }

  /** The parameters that a plan computes with. */
  plan(): NetworkStepLayer {
    const { weight, bias, mask, contextWeight } = this;
    return { weight, bias, ...(mask && { mask }), ...(contextWeight && { contextWeight }) };
  }

  parameters(): ParameterTree {
    return parameterTree({ weight: this.weight, bias: this.bias, contextWeight: this.contextWeight });
  }

  dispose(): void {
    disposeParameters(this.parameters());
  }

  [Symbol.dispose](): void {
    this.dispose();
  }
}

/**
 * A weight that takes its mask with it when it is disposed. The mask is no parameter of the model, so whoever disposes
 * a model by its parameters does not know of it.
 */
class MaskedWeight implements Parameter {
  private readonly weight: Parameter;
  private readonly mask: Parameter;

  constructor(weight: Parameter, mask: Parameter) {
    this.weight = weight;
    this.mask = mask;
  }

  get shape(): Shape {
    return this.weight.shape;
  }

  get dtype(): "float32" | "int32" {
    return this.weight.dtype;
  }

  get trainable(): boolean {
    return this.weight.trainable;
  }

  get variable(): Variable {
    return this.weight.variable;
  }

  read(): ParameterValues {
    return this.weight.read();
  }

  write(values: ArrayLike<number>): void {
    this.weight.write(values);
  }

  dispose(): void {
    this.weight.dispose();
    this.mask.dispose();
  }
}

/** Sizes of a network of dense layers. */
export interface DenseLayersOptions {
  readonly inputSize: number;
  readonly outputSize: number;
  readonly contextSize: number;
  readonly hidden: readonly number[];
  readonly residual: boolean;
  /** Absent: all zeros, for a model whose values are filled in afterwards. */
  readonly key: Key | undefined;
  /** The mask of layer i. */
  readonly mask?: (layer: number) => Float32Array;
}

/**
 * The layers of a network: in → hidden… → out, or, with `residual`, in → width, two layers `width → width` for each
 * further entry of `hidden`, → out.
 *
 * The last layer starts at zero, so that what the network parameterises starts as the identity. The others start at
 * U(±1/√fan_in). Each array draws from a key of its own, named after it: adding a layer leaves the others as they were.
 */
export function denseLayers(options: DenseLayersOptions): DenseLayer[] {
  const { inputSize, outputSize, contextSize, hidden, residual, key, mask } = options;
  const widths = residual ? hidden.flatMap((width, i) => (i === 0 ? [width] : [width, width])) : hidden;
  const sizes = [inputSize, ...widths, outputSize];
  return sizes.slice(1).map((outputs, i) => {
    const isLast = i === sizes.length - 2;
    return new DenseLayer({
      inputs: sizes[i] as number,
      outputs,
      contextSize: i === 0 ? contextSize : 0,
      key: isLast ? undefined : key?.fold(`layers.${i}`),
      mask: mask && (() => mask(i)),
    });
  });
}

/** Checks the widths of the hidden layers. */
export function checkHidden(where: string, hidden: readonly number[], residual: boolean): void {
  for (const width of hidden) checkSize(where, "each width in hidden", width);
  if (!residual) return;
  if (hidden.length === 0 || hidden.some((width) => width !== hidden[0])) {
    throw new OptionError(
      `${where}: expected hidden layers of one width, because residual blocks add to them, got [${hidden.join(", ")}].`,
    );
  }
}

/** Checks a size: an integer of at least `min`. */
export function checkSize(where: string, what: string, size: number, min = 1): void {
  if (!Number.isSafeInteger(size) || size < min) {
    throw new OptionError(`${where}: expected ${what} to be an integer of at least ${min}, got ${size}.`);
  }
}

function uniform(key: Key | undefined, count: number, bound: number): (() => Float32Array) | undefined {
  return key && (() => key.uniform(count).map((u) => (2 * u - 1) * bound));
}
