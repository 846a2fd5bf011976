import type { ParameterTree } from "@pushforward/core";

// Flows in plain float64 numbers, row by row, written from the papers and not from the packages: a second source.

type Vector = readonly number[];

const at = (values: ArrayLike<number>, i: number): number => values[i] as number;
const softplus = (x: number): number => Math.max(x, 0) + Math.log1p(Math.exp(-Math.abs(x)));
const relu = (x: number): number => Math.max(x, 0);

/** Which inputs an output of a layer may depend on; all when absent. */
type MayDepend = (input: number, output: number) => boolean;

/** A feed-forward relu network; its layers are read from the parameters under `path`. */
function network(tree: ParameterTree, path: string, x: Vector, context: Vector, masks: readonly MayDepend[]): Vector {
  let h = x;
  for (let layer = 0; ; layer++) {
    const weight = tree.get(`${path}.layers.${layer}.weight`);
    if (weight === undefined) return h;
    if (layer > 0) h = h.map(relu);
    const [inputs, outputs] = weight.shape as readonly [number, number];
    const w = weight.read();
    const bias = (tree.get(`${path}.layers.${layer}.bias`) as { read(): ArrayLike<number> }).read();
    const contextWeight = tree.get(`${path}.layers.${layer}.contextWeight`)?.read();
    const input = h;
    h = Array.from({ length: outputs }, (_, o) => {
      let sum = at(bias, o);
      for (let i = 0; i < inputs; i++) {
        if (masks[layer]?.(i, o) ?? true) sum += at(input, i) * at(w, i * outputs + o);
      }
      if (contextWeight !== undefined)
        for (const [c, v] of context.entries()) sum += v * at(contextWeight, c * outputs + o);
      return sum;
    });
  }
}

/** The masks of a MADE: degrees of hidden units cycle through 1 … D − 1, with a context from 0, and are sorted. */
function madeMasks(
  features: number,
  order: Vector,
  widths: Vector,
  perVariable: number,
  hasContext: boolean,
): MayDepend[] {
  const smallest = hasContext ? 0 : 1;
  const degrees = [
    order.map((rank) => rank + 1),
    ...widths.map((width) =>
      Array.from({ length: width }, (_, i) => smallest + (i % (features - smallest))).sort((a, b) => a - b),
    ),
  ];
  return Array.from({ length: widths.length + 1 }, (_, layer) => (input: number, output: number): boolean => {
    const from = at(degrees[layer] as Vector, input);
    if (layer < widths.length) return from <= at(degrees[layer + 1] as Vector, output);
    return from < at(order, Math.floor(output / perVariable)) + 1;
  });
}

/** An elementwise map and its log-derivative. */
type Elementwise = (x: number, parameters: Vector) => readonly [y: number, logSlope: number];

const affine: Elementwise = (x, [shift, raw]) => {
  const logScale = 5 * Math.tanh((raw as number) / 5);
  return [x * Math.exp(logScale) + (shift as number), logScale];
};

/** Gregory and Delbourgo 1982; Durkan et al. 2019, equations 4 and 5. */
function spline(bins: number, bound: number): Elementwise {
  const sizes = (raw: Vector): number[] => {
    const largest = Math.max(...raw);
    const e = raw.map((v) => Math.exp(v - largest));
    const sum = e.reduce((a, b) => a + b);
    return e.map((v) => 2 * bound * (0.001 + (1 - 0.001 * bins) * (v / sum)));
  };
  return (x, parameters) => {
    if (Math.abs(x) > bound) return [x, 0];
    const widths = sizes(parameters.slice(0, bins));
    const heights = sizes(parameters.slice(bins, 2 * bins));
    const inner = parameters.slice(2 * bins).map((raw) => softplus(raw + Math.log(Math.expm1(0.999))) + 0.001);
    const slopes = [1, ...inner, 1];
    let k = 0;
    let left = -bound;
    let bottom = -bound;
    while (k < bins - 1 && x >= left + at(widths, k)) {
      left += at(widths, k);
      bottom += at(heights, k);
      k++;
    }
    const s = at(heights, k) / at(widths, k);
    const t = (x - left) / at(widths, k);
    const [d0, d1] = [at(slopes, k), at(slopes, k + 1)];
    const denominator = s + (d1 + d0 - 2 * s) * t * (1 - t);
    const y = bottom + (at(heights, k) * (s * t * t + d0 * t * (1 - t))) / denominator;
    const slope = (s * s * (d1 * t * t + 2 * s * t * (1 - t) + d0 * (1 - t) ** 2)) / denominator ** 2;
    return [y, Math.log(slope)];
  };
}

/** Forward and back substitution for `L·U·u + shift = x`. */
function luInverse(tree: ParameterTree, path: string, x: Vector): readonly [u: number[], logDet: number] {
  const n = x.length;
  const w = (tree.get(`${path}.weight`) as { read(): ArrayLike<number> }).read();
  const shift = (tree.get(`${path}.shift`) as { read(): ArrayLike<number> }).read();
  const u = x.map((v, i) => v - at(shift, i));
  for (let i = 0; i < n; i++) for (let j = 0; j < i; j++) u[i] = at(u, i) - at(w, i * n + j) * at(u, j);
  let logDet = 0;
  for (let i = n - 1; i >= 0; i--) {
    for (let j = i + 1; j < n; j++) u[i] = at(u, i) - at(w, i * n + j) * at(u, j);
    const diagonal = softplus(at(w, i * n + i) + Math.log(Math.expm1(1)));
    u[i] = at(u, i) / diagonal;
    logDet -= Math.log(diagonal);
  }
  return [u, logDet];
}

/** Description of a flow for the reference, in addition to its parameters. */
export interface ReferenceFlow {
  readonly parameters: ParameterTree;
  readonly scheme: "autoregressive" | "coupling";
  readonly family: "affine" | "spline";
  readonly transforms: number;
  readonly hidden: readonly number[];
  /** An LU layer on the data side of each layer. */
  readonly linear: boolean;
}

/** Log-density of a row under an architecture with the default options, in the density orientation. */
export function referenceLogProb(flow: ReferenceFlow, x: Vector, context: Vector): number {
  const { parameters, scheme, family, transforms, hidden, linear } = flow;
  const features = x.length;
  const [map, perVariable] = family === "affine" ? [affine, 2] : [spline(8, 5), 23];
  let u: Vector = x;
  let logDet = 0;
  for (let i = transforms - 1; i >= 0; i--) {
    const path = `transform.layers.${linear ? 2 * i : i}.conditioner`;
    if (linear) {
      const [solved, lu] = luInverse(parameters, `transform.layers.${2 * i + 1}`, u);
      u = solved;
      logDet += lu;
    }
    // Autoregressive orders are natural and reversed in turn; couplings transform the second and the first half.
    const order = Array.from({ length: features }, (_, v) => (i % 2 === 0 ? v : features - 1 - v));
    const half = Math.ceil(features / 2);
    const transformed = order.map((_, v) => scheme === "autoregressive" || v >= half === (i % 2 === 0));
    const masks =
      scheme === "autoregressive" ? madeMasks(features, order, hidden, perVariable, context.length > 0) : [];
    const inputs = scheme === "autoregressive" ? u : u.filter((_, v) => !transformed[v]);
    const outputs = network(parameters, path, inputs, context, masks);
    let group = 0;
    u = u.map((value, v) => {
      if (!transformed[v]) return value;
      const [y, slope] = map(value, outputs.slice(group * perVariable, (group + 1) * perVariable));
      group++;
      logDet += slope;
      return y;
    });
  }
  return logDet - u.reduce((sum, v) => sum + 0.5 * v * v + 0.5 * Math.log(2 * Math.PI), 0);
}
