import { type Key, OptionError, type Parameter, type ParameterTree, type Shape } from "@pushforward/core";
import {
  AbstractModule,
  currentTraining,
  describeValue,
  type NetworkLayer,
  type NetworkLayerForm,
  type ParameterValues,
  parameter,
  parameterTree,
} from "@pushforward/core/extend";
import type { NetworkDropout, NetworkStepLayer } from "@pushforward/ops";
import type { Tensor, Variable } from "@tensorflow/tfjs-core";
import type { LayerLayout } from "./conditioner-layout.ts";

/** Shape and initial values of a {@link DenseLayer}. */
interface DenseLayerOptions {
  readonly layout: LayerLayout;
  readonly contextSize: number;
  readonly key: Key | undefined;
  /** Which weights count, 1 or 0: values for a constant that is made when it is needed. */
  readonly mask: (() => Float32Array) | undefined;
  /** The same for the weights of the context. */
  readonly contextMask: (() => Float32Array) | undefined;
}

/** One affine map of a network, `y = x · weight + bias`, with a context term; weights are stored `[in, out]`. */
export class DenseLayer extends AbstractModule {
  readonly weight: Parameter;
  readonly bias: Parameter;
  /** Only on layers that are given the context, `[contextSize, out]`. */
  readonly contextWeight?: Parameter;
  /** Only where the context has a map of its own. */
  readonly contextBias?: Parameter;
  /** Form of the layer in addition to its linear map. */
  readonly form: NetworkLayerForm;
  /** True if dropout may follow the layer. */
  readonly drops: boolean;

  private readonly mask?: Parameter;
  private readonly contextMask?: Parameter;

  constructor({ layout, contextSize, key, mask, contextMask }: DenseLayerOptions) {
    super();
    const { inputs, outputs, start, context, contextUse, raw, adds } = layout;
    const takesContext = contextSize > 0 && context !== undefined;
    this.form = { ...(takesContext && contextUse && { contextUse }), ...(raw && { raw }), ...(adds && { adds }) };
    this.drops = layout.drops ?? true;
    const fanIn = inputs + (takesContext && context === "inputs" ? contextSize : 0);
    const bound = start === "fan-in" ? 1 / Math.sqrt(fanIn) : start;
    const draw = (name: string, count: number, limit: number): (() => Float32Array) | undefined =>
      limit === 0 ? undefined : uniform(key?.fold(name), count, limit);
    const weight = parameter([inputs, outputs], draw("weight", inputs * outputs, bound));
    if (mask !== undefined) this.mask = parameter(weight.shape, mask, { trainable: false });
    this.weight = this.mask === undefined ? weight : new MaskedWeight(weight, this.mask);
    this.bias = parameter([outputs], draw("bias", outputs, bound));
    if (!takesContext) return;
    const contextBound = context === "map" ? 1 / Math.sqrt(contextSize) : bound;
    const given = parameter([contextSize, outputs], draw("contextWeight", contextSize * outputs, contextBound));
    if (contextMask !== undefined) this.contextMask = parameter(given.shape, contextMask, { trainable: false });
    this.contextWeight = this.contextMask === undefined ? given : new MaskedWeight(given, this.contextMask);
    if (context === "map") this.contextBias = parameter([outputs], draw("contextBias", outputs, contextBound));
  }

  /** The tensors to compute with. */
  tensors(): NetworkLayer<Tensor> {
    const { weight, bias, mask, contextWeight, contextMask, contextBias, form } = this;
    return {
      ...form,
      weight: weight.variable,
      bias: bias.variable,
      ...(mask && { mask: mask.variable }),
      ...(contextWeight && { contextWeight: contextWeight.variable }),
      ...(contextMask && { contextMask: contextMask.variable }),
      ...(contextBias && { contextBias: contextBias.variable }),
    };
  }

  /** The parameters that a plan computes with. */
  plan(): NetworkStepLayer {
    const { weight, bias, mask, contextWeight, contextMask, contextBias, form, drops } = this;
    return {
      ...form,
      drops,
      weight,
      bias,
      ...(mask && { mask }),
      ...(contextWeight && { contextWeight }),
      ...(contextMask && { contextMask }),
      ...(contextBias && { contextBias }),
    };
  }

  override parameters(): ParameterTree {
    return parameterTree({
      weight: this.weight,
      bias: this.bias,
      contextWeight: this.contextWeight,
      contextBias: this.contextBias,
    });
  }
}

/**
 * A weight that disposes its mask with itself. The mask is not a parameter of the model, so code that disposes a model
 * by its parameters does not reach it.
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

/**
 * The layers of a network. Each array has its own key, derived from its name: adding a layer does not change the rest. Without
 * a key all are zero, for models with values assigned later.
 *
 * @param mask the mask of layer i.
 * @param contextMask the mask of its weights of the context.
 */
export function denseLayers(
  layouts: readonly LayerLayout[],
  contextSize: number,
  key: Key | undefined,
  mask?: (layer: number) => Float32Array,
  contextMask?: (layer: number) => Float32Array,
): DenseLayer[] {
  return layouts.map(
    (layout, i) =>
      new DenseLayer({
        layout,
        contextSize,
        key: key?.fold(`layers.${i}`),
        mask: mask && (() => mask(i)),
        contextMask: contextMask && (() => contextMask(i)),
      }),
  );
}

function uniform(key: Key | undefined, count: number, bound: number): (() => Float32Array) | undefined {
  return key && (() => key.uniform(count).map((u) => (2 * u - 1) * bound));
}

/** Checks the share of activations that training drops. */
export function checkDropout(where: string, rate: number): void {
  if (rate >= 0 && rate < 1) return;
  throw new OptionError(`${where}: expected dropout of at least 0 and below 1, got ${describeValue(rate)}.`);
}

/** Dropout of the current training step, as a network option; empty outside of training. */
export function currentDropout(rate: number, layers: readonly DenseLayer[]): { readonly dropout?: NetworkDropout } {
  const training = rate > 0 ? currentTraining() : undefined;
  if (training === undefined) return {};
  const keyOf = (i: number): Key | undefined => {
    const layer = layers[i] as DenseLayer;
    return layer.drops ? training.keyOf(layer.weight) : undefined;
  };
  return { dropout: { rate, keyOf } };
}

/** All activations, by their names in model files. */
export const ACTIVATIONS: readonly ["relu", "tanh", "elu", "silu"] = ["relu", "tanh", "elu", "silu"];
