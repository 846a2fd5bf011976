import { AffineElementwise, chain, HouseholderLinear, TriangularLinear } from "@pushforward/transforms";
import type { Chain } from "@pushforward/transforms/extend";
import type { Floats } from "../file/state-dict.ts";
import type { ForeignTransform } from "./foreign-flow.ts";

type Qr = Extract<ForeignTransform, { kind: "qr" }>;
type Svd = Extract<ForeignTransform, { kind: "svd" }>;

/** The smallest number on the diagonal of nflows' `SVDLinear`. */
const LEAST_DIAGONAL = 1e-3;

/** `Q·(R·x + Qᵀ·bias)`, data to noise. */
export function buildQr({ features, upper, logDiagonal, vectors, bias }: Qr): Chain {
  const triangular = new TriangularLinear({ features, triangle: "upper" });
  const weight = new Float32Array(features * features);
  let at = 0;
  for (let row = 0; row < features; row++) {
    weight[row * (features + 1)] = rawPositive(Math.exp(logDiagonal[row] as number));
    for (let column = row + 1; column < features; column++) weight[row * features + column] = upper[at++] as number;
  }
  triangular.parameters().get("weight")?.write(weight);
  triangular.parameters().get("shift")?.write(turnedBack(bias, vectors));
  return chain([triangular, reflections(features, vectors)]);
}

/** `U·(S·V·x + Uᵀ·bias)`, data to noise. */
export function buildSvd({ features, left, right, diagonal, bias }: Svd): Chain {
  const scale = Float64Array.from(diagonal, (raw) => {
    return LEAST_DIAGONAL + Math.max(raw, 0) + Math.log1p(Math.exp(-Math.abs(raw)));
  });
  const middle = new AffineElementwise({ features, scale, shift: turnedBack(bias, left) });
  return chain([reflections(features, right), middle, reflections(features, left)]);
}

/** Theirs reflect at the first vector first, ours at the last one. */
function reflections(features: number, vectors: Floats): HouseholderLinear {
  const count = vectors.length / features;
  const linear = new HouseholderLinear({ features, reflections: count });
  const values = Array.from({ length: count }, (_, i) => {
    return Array.from(vectors.subarray((count - 1 - i) * features, (count - i) * features));
  });
  linear.parameters().get("vectors")?.write(values.flat());
  return linear;
}

/** A vector before the reflections whose result it is, in float64. */
function turnedBack(vector: Floats, vectors: Floats): Float64Array {
  const result = Float64Array.from(vector);
  const n = result.length;
  for (let i = vectors.length / n - 1; i >= 0; i--) {
    const v = vectors.subarray(i * n, (i + 1) * n);
    let [product, square] = [0, 0];
    for (let j = 0; j < n; j++) {
      product += (result[j] as number) * (v[j] as number);
      square += (v[j] as number) ** 2;
    }
    for (let j = 0; j < n; j++) result[j] = (result[j] as number) - ((2 * product) / square) * (v[j] as number);
  }
  return result;
}

/** The raw number of which a positive one is `softplus(raw + log(e − 1))`. */
function rawPositive(value: number): number {
  return value + Math.log(-Math.expm1(-value)) - Math.log(Math.expm1(1));
}
