import type { NetworkLayerForm } from "@pushforward/core";
import {
  type Kernels,
  type Network,
  type NetworkInput,
  networkBackward,
  networkForward,
  networkWorkspace,
} from "@pushforward/kernels";
import { kernelMemory } from "@pushforward/ops";
import type * as tf from "@tensorflow/tfjs-core";

/** A kernel for the op of that name. */
export interface FusedKernel {
  readonly kernelName: string;
  readonly kernelFunc: tf.KernelFunc;
}

type Part = "weight" | "bias" | "mask" | "contextWeight" | "contextBias" | "dropout";

const PARTS: Readonly<Record<string, Part>> = {
  w: "weight",
  b: "bias",
  m: "mask",
  c: "contextWeight",
  k: "contextBias",
  d: "dropout",
};

type Form = NetworkLayerForm;

const FORMS: Readonly<Record<string, Form>> = {
  X: { contextUse: "activate" },
  G: { contextUse: "gate" },
  R: { raw: true },
  A: { adds: true },
};

/** Where the tensors of a call are among its inputs. */
interface Places {
  readonly context: number | undefined;
  readonly layers: readonly (Partial<Record<Part, number>> & Form)[];
}

/**
 * The op `network` in one kernel, and its gradient in another. The gradient does the forward pass again, because it is
 * given the inputs only: a third more arithmetic, and no activations are kept between the two.
 */
export function networkKernels(kernelsOf: (backend: unknown) => Kernels): readonly FusedKernel[] {
  return [
    { kernelName: "PushforwardNetwork", kernelFunc: (call) => forward(kernelsOf(call.backend), call) },
    { kernelName: "PushforwardNetworkGrad", kernelFunc: (call) => gradient(kernelsOf(call.backend), call) },
  ];
}

type Call = Parameters<tf.KernelFunc>[0];

function forward(kernels: Kernels, { inputs, backend, attrs }: Call): tf.TensorInfo[] {
  const infos = inputs as unknown as tf.TensorInfo[];
  const memory = kernelMemory(backend);
  const { places, batch, batchShape, outputs } = describe(infos, attrs as tf.NamedAttrMap);
  const y = memory.allocate([...batchShape, outputs], "float32");
  const [saved, scratch] = workspace(infos, attrs as tf.NamedAttrMap, places, batch).map((size) =>
    memory.allocate([size], "float32"),
  ) as [tf.TensorInfo, tf.TensorInfo];
  const view = (info: tf.TensorInfo): Float32Array => memory.values(info) as Float32Array;
  const { network, input } = viewsOf(infos, attrs as tf.NamedAttrMap, places, batch, view);
  networkForward(kernels, network, input, view(y), view(saved), view(scratch));
  memory.free(saved);
  memory.free(scratch);
  return [y];
}

function gradient(kernels: Kernels, { inputs, backend, attrs }: Call): tf.TensorInfo[] {
  const all = inputs as unknown as tf.TensorInfo[];
  const infos = all.slice(0, -1);
  const memory = kernelMemory(backend);
  const { places, batch, outputs } = describe(infos, attrs as tf.NamedAttrMap);
  const gradients = infos.map(({ shape }) => memory.allocate(shape, "float32"));
  const [saved, scratch] = workspace(infos, attrs as tf.NamedAttrMap, places, batch).map((size) =>
    memory.allocate([size], "float32"),
  ) as [tf.TensorInfo, tf.TensorInfo];
  const y = memory.allocate([batch * outputs], "float32");
  const view = (info: tf.TensorInfo): Float32Array => memory.values(info) as Float32Array;
  const { network, input } = viewsOf(infos, attrs as tf.NamedAttrMap, places, batch, view);
  const of = (place: number | undefined): Float32Array | undefined =>
    place === undefined ? undefined : view(gradients[place] as tf.TensorInfo);
  const layers = places.layers.map(({ weight, bias, mask, contextWeight, contextBias, dropout }) => {
    // Nobody asks for the gradient of a mask, or of what is dropped.
    of(mask)?.fill(0);
    of(dropout)?.fill(0);
    return {
      weight: of(weight) as Float32Array,
      bias: of(bias),
      contextWeight: of(contextWeight),
      contextBias: of(contextBias),
    };
  });
  networkForward(kernels, network, input, view(y), view(saved), view(scratch));
  const dy = view(all[all.length - 1] as tf.TensorInfo);
  const targets = { x: of(0), context: of(places.context), layers };
  networkBackward(kernels, network, input, dy, targets, view(saved), view(scratch));
  for (const info of [saved, scratch, y]) memory.free(info);
  return gradients;
}

function describe(
  infos: readonly tf.TensorInfo[],
  { layout, hasContext }: tf.NamedAttrMap,
): { places: Places; batch: number; batchShape: number[]; outputs: number } {
  let next = hasContext ? 2 : 1;
  const layers = (layout as unknown as string).split(",").map((letters) => {
    const places: Partial<Record<Part, number>> = {};
    const form: Form = Object.assign({}, ...[...letters].map((letter) => FORMS[letter]));
    for (const letter of letters) if (letter in PARTS) places[PARTS[letter] as Part] = next++;
    return { ...places, ...form };
  });
  const batchShape = (infos[0] as tf.TensorInfo).shape.slice(0, -1);
  const last = infos[layers[layers.length - 1]?.weight as number] as tf.TensorInfo;
  return {
    places: { context: hasContext ? 1 : undefined, layers },
    batch: batchShape.reduce((size, n) => size * n, 1),
    batchShape,
    outputs: last.shape[1] as number,
  };
}

function workspace(
  infos: readonly tf.TensorInfo[],
  attrs: tf.NamedAttrMap,
  places: Places,
  batch: number,
): [saved: number, scratch: number] {
  const none = new Float32Array(0);
  const { network } = viewsOf(infos, attrs, places, batch, () => none);
  const context = places.context === undefined ? undefined : infos[places.context];
  const { saved, scratch } = networkWorkspace(network, batch, context?.shape[context.shape.length - 1]);
  return [saved, scratch];
}

function viewsOf(
  infos: readonly tf.TensorInfo[],
  { activation }: tf.NamedAttrMap,
  places: Places,
  batch: number,
  view: (info: tf.TensorInfo) => Float32Array,
): { network: Network; input: NetworkInput } {
  const of = (place: number | undefined): Float32Array | undefined =>
    place === undefined ? undefined : view(infos[place] as tf.TensorInfo);
  const layers = places.layers.map(({ weight, bias, mask, contextWeight, contextBias, dropout, ...form }) => {
    const [inputs, outputs] = (infos[weight as number] as tf.TensorInfo).shape as [number, number];
    return {
      inputs,
      outputs,
      weight: of(weight) as Float32Array,
      bias: of(bias),
      mask: of(mask),
      contextWeight: of(contextWeight),
      contextBias: of(contextBias),
      dropout: of(dropout),
      ...form,
    };
  });
  const context = places.context === undefined ? undefined : (infos[places.context] as tf.TensorInfo);
  const contextRows = context === undefined ? batch : context.shape.slice(0, -1).reduce((size, n) => size * n, 1);
  return {
    network: { layers, activation: activation as unknown as Network["activation"] },
    input: { batch, x: of(0) as Float32Array, context: of(places.context), contextRows },
  };
}
