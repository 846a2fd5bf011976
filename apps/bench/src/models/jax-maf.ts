import { defaultDevice, init, type Array as JaxArray, jit, nn, numpy as np, valueAndGrad } from "@jax-js/jax";
import type { Flow } from "pushforward";
import type { ModelSpec } from "./models.ts";

/** A masked autoregressive flow in jax-js, compiled by `jit` for its WebAssembly backend. */
export interface JaxMaf {
  /** Log-densities of rows `[rows, features]`. */
  readonly logProb: (x: Float32Array) => Float32Array;
  /** One step of Adam with the learning rate 1e-3; returns the loss before it. */
  readonly step: (x: Float32Array) => number;
}

/** `true` if {@link jaxMaf} has the model: an affine autoregressive flow of two variables; a wide one takes seconds. */
export function hasJaxMaf({ scheme, family, features, userLayer }: ModelSpec): boolean {
  return scheme === "autoregressive" && family === "affine" && features === 2 && !userLayer;
}

/**
 * The flow of a specification, with the weights of ours. A function of jax-js frees its arguments; `ref` keeps an
 * array that is used again.
 */
export async function jaxMaf(spec: ModelSpec, flow: Flow): Promise<JaxMaf> {
  await init("wasm");
  defaultDevice("wasm");
  const { features, transforms, hidden } = spec;
  const masks = Array.from({ length: transforms }, (_, i) => masksOf(spec, i % 2 === 1));
  const perNetwork = 2 * (hidden.length + 1);

  function logProb(weights: JaxArray[], x: JaxArray): JaxArray {
    let total = np.zeros([x.shape[0] as number]);
    // The chain maps noise to data, so that its last layer comes first.
    for (let i = transforms - 1; i >= 0; i--) {
      const own = weights.slice(perNetwork * i, perNetwork * (i + 1));
      const [shift, raw] = np.split(outputs(own, masks[i] as JaxArray[], x.ref), 2, -1) as [JaxArray, JaxArray];
      const logScale = np.tanh(raw.div(5)).mul(5);
      x = x.mul(np.exp(logScale.ref)).add(shift);
      total = total.add(logScale.sum(-1));
    }
    const squares = x.ref.mul(x).sum(-1);
    return total.sub(squares.mul(0.5)).sub((features / 2) * Math.log(2 * Math.PI));
  }

  const lossAndGradient = valueAndGrad((weights: JaxArray[], x: JaxArray) => logProb(weights, x).mean().neg());
  const adam = jit(
    (weights: JaxArray[], means: JaxArray[], squares: JaxArray[], x: JaxArray, corrections: JaxArray) => {
      const [loss, gradients] = lossAndGradient(
        weights.map((weight) => weight.ref),
        x,
      );
      const [first, second] = np.split(corrections, 2, 0) as [JaxArray, JaxArray];
      const newMeans = means.map((mean, i) => mean.mul(0.9).add((gradients[i] as JaxArray).ref.mul(0.1)));
      const newSquares = squares.map((square, i) => {
        const gradient = gradients[i] as JaxArray;
        return square.mul(0.999).add(gradient.ref.mul(gradient).mul(0.001));
      });
      const newWeights = weights.map((weight, i) => {
        const root = np.sqrt((newSquares[i] as JaxArray).ref.mul(second.ref)).add(1e-8);
        return weight.sub((newMeans[i] as JaxArray).ref.mul(first.ref).div(root).mul(1e-3));
      });
      first.dispose();
      second.dispose();
      return { loss, weights: newWeights, means: newMeans, squares: newSquares };
    },
  );

  const density = jit(logProb);
  let weights = weightsOf(spec, flow);
  let means = weights.map(({ shape }) => np.zeros(shape));
  let squares = weights.map(({ shape }) => np.zeros(shape));
  let count = 0;
  const rows = (x: Float32Array): JaxArray => np.array(x).reshape([x.length / features, features]);
  return {
    logProb: (x) =>
      density(
        weights.map((weight) => weight.ref),
        rows(x),
      ).dataSync() as Float32Array,
    step: (x) => {
      count++;
      const corrections = np.array([1 / (1 - 0.9 ** count), 1 / (1 - 0.999 ** count)]);
      const next = adam(weights, means, squares, rows(x), corrections);
      ({ weights, means, squares } = next);
      return next.loss.dataSync()[0] as number;
    },
  };
}

/** The outputs of a masked network, a weight and a bias for each layer: all shifts, then all raw log-scales. */
function outputs(weights: readonly JaxArray[], masks: readonly JaxArray[], x: JaxArray): JaxArray {
  return masks.reduce((h, mask, k) => {
    const y = np.dot(h, (weights[2 * k] as JaxArray).mul(mask.ref)).add(weights[2 * k + 1] as JaxArray);
    return k < masks.length - 1 ? nn.relu(y) : y;
  }, x);
}

/** Masks `[in, out]` of a MADE. The hidden degrees cycle through 1 … features − 1. */
function masksOf({ features, hidden }: ModelSpec, isReversed: boolean): JaxArray[] {
  const inputs = Array.from({ length: features }, (_, i) => (isReversed ? features - i : i + 1));
  const layers = hidden.map((width) =>
    Array.from({ length: width }, (_, i) => 1 + (i % (features - 1))).sort((a, b) => a - b),
  );
  const after = [...layers, [...inputs, ...inputs]];
  return [inputs, ...layers].map((degrees, k) =>
    np.array(
      degrees.map((from) => (after[k] as number[]).map((to) => Number(k < hidden.length ? to >= from : to > from))),
    ),
  );
}

/** The weights of our flow: of each layer of each network the weight, then the bias, in the order of {@link outputs}. */
function weightsOf({ features, transforms, hidden }: ModelSpec, flow: Flow): JaxArray[] {
  const parameters = new Map(flow.parameters());
  return Array.from({ length: transforms }, (_, i) =>
    Array.from({ length: hidden.length + 1 }, (_, k) =>
      ["weight", "bias"].map((name) => {
        const parameter = parameters.get(`transform.layers.${i}.conditioner.layers.${k}.${name}`);
        if (parameter === undefined) throw new Error(`bench: expected a ${name} in layer ${k} of network ${i}.`);
        const values = Float32Array.from(parameter.read() as Float32Array);
        return np.array(k === hidden.length ? apart(values, features) : values).reshape([...parameter.shape]);
      }),
    ),
  ).flat(2);
}

/** Rows of shift, log-scale, shift, log-scale … as rows of all shifts, then all log-scales. */
function apart(values: Float32Array, features: number): Float32Array {
  return values.map((_, at) => {
    const column = at % (2 * features);
    const from = 2 * (column % features) + Math.floor(column / features);
    return values[at - column + from] as number;
  });
}
