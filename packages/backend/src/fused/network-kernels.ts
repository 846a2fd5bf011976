import type { Activation } from "@pushforward/core";
import {
  type Kernels,
  type Network,
  type NetworkInput,
  networkBackward,
  networkForward,
  networkWorkspace,
} from "@pushforward/kernels";
import { type DroppingLayer, type KernelCall, kernelFunc, type NetworkAttributes, withValues } from "@pushforward/ops";
import type * as tf from "@tensorflow/tfjs-core";
import { kernelMemory } from "../memory/kernel-memory.ts";

/** A kernel for the op of that name. */
export interface FusedKernel {
  readonly kernelName: string;
  readonly kernelFunc: tf.KernelFunc;
}

/**
 * The op `network` as one kernel, and its gradient as a second kernel. The gradient repeats the forward pass, because
 * it receives only the inputs. This costs a third more arithmetic, but no activations are kept between the two.
 */
export function networkKernels(kernelsOf: (backend: unknown) => Kernels): readonly FusedKernel[] {
  return [
    {
      kernelName: "PushforwardNetwork",
      kernelFunc: kernelFunc((call: Call) => forward(kernelsOf(call.backend), call)),
    },
    {
      kernelName: "PushforwardNetworkGrad",
      kernelFunc: kernelFunc((call: Call) => gradient(kernelsOf(call.backend), call)),
    },
  ];
}

type Call = KernelCall<readonly tf.TensorInfo[], NetworkAttributes>;

function forward(kernels: Kernels, { inputs, backend, attrs }: Call): tf.TensorInfo[] {
  const memory = kernelMemory(backend);
  const call = new NetworkCall(inputs, attrs);
  const y = memory.allocate([...call.batchShape, call.outputs], "float32");
  const sizes = call.workspace();
  const [saved, scratch] = [memory.allocate([sizes.saved], "float32"), memory.allocate([sizes.scratch], "float32")];
  const view = (info: tf.TensorInfo): Float32Array => memory.values(info) as Float32Array;
  const { network, input } = call.arrays(view);
  networkForward(kernels, network, input, view(y), view(saved), view(scratch));
  memory.free(saved);
  memory.free(scratch);
  return [y];
}

function gradient(kernels: Kernels, { inputs, backend, attrs }: Call): tf.TensorInfo[] {
  const memory = kernelMemory(backend);
  const infos = inputs.slice(0, -1);
  const call = new NetworkCall(infos, attrs);
  const gradients = infos.map(({ shape }) => memory.allocate(shape, "float32"));
  const sizes = call.workspace();
  const [saved, scratch] = [memory.allocate([sizes.saved], "float32"), memory.allocate([sizes.scratch], "float32")];
  const y = memory.allocate([call.batch * call.outputs], "float32");
  const view = (info: tf.TensorInfo): Float32Array => memory.values(info) as Float32Array;
  const { network, input } = call.arrays(view);
  const at = (place: number): Float32Array => view(gradients[place] as tf.TensorInfo);
  const layers = attrs.layers.map((layer) => {
    const target = withValues(layer, at);
    // Nobody asks for the gradient of a mask, or of what is dropped.
    target.mask?.fill(0);
    target.dropout?.fill(0);
    return target;
  });
  networkForward(kernels, network, input, view(y), view(saved), view(scratch));
  const dy = view(inputs[inputs.length - 1] as tf.TensorInfo);
  const targets = { x: at(0), context: attrs.context === undefined ? undefined : at(attrs.context), layers };
  networkBackward(kernels, network, input, dy, targets, view(saved), view(scratch));
  for (const info of [saved, scratch, y]) memory.free(info);
  return gradients;
}

/** Tensors of a call, arranged as a network. */
class NetworkCall {
  readonly batchShape: readonly number[];
  readonly batch: number;
  readonly outputs: number;
  private readonly infos: readonly tf.TensorInfo[];
  private readonly layers: readonly DroppingLayer<number>[];
  private readonly context: tf.TensorInfo | undefined;
  private readonly activation: Activation;

  constructor(infos: readonly tf.TensorInfo[], { context, layers, activation }: NetworkAttributes) {
    this.infos = infos;
    this.layers = layers;
    this.activation = activation;
    this.context = context === undefined ? undefined : infos[context];
    this.batchShape = (infos[0] as tf.TensorInfo).shape.slice(0, -1);
    this.batch = this.batchShape.reduce((size, n) => size * n, 1);
    const last = infos[layers[layers.length - 1]?.weight as number] as tf.TensorInfo;
    this.outputs = last.shape[1] as number;
  }

  workspace(): { readonly saved: number; readonly scratch: number } {
    const none = new Float32Array(0);
    const { network } = this.arrays(() => none);
    return networkWorkspace(network, this.batch, this.context?.shape[this.context.shape.length - 1]);
  }

  /** Returns the network on arrays. `view` returns the array of each tensor. */
  arrays(view: (info: tf.TensorInfo) => Float32Array): { readonly network: Network; readonly input: NetworkInput } {
    const { infos, batch, context, activation } = this;
    const layers = this.layers.map((layer) => {
      const [inputs, outputs] = (infos[layer.weight] as tf.TensorInfo).shape as [number, number];
      return { inputs, outputs, ...withValues(layer, (place) => view(infos[place] as tf.TensorInfo)) };
    });
    const contextRows = context === undefined ? batch : context.shape.slice(0, -1).reduce((size, n) => size * n, 1);
    return {
      network: { layers, activation },
      input: { batch, x: view(infos[0] as tf.TensorInfo), context: context && view(context), contextRows },
    };
  }
}
