import type { GraphValue } from "../graph/graph.ts";
import type { Maths } from "./maths.ts";

// The coefficients of algorithm AS 241 (Wichura 1988), numerators and denominators, the highest powers first.
const MIDDLE = [
  [
    2509.0809287301227, 33430.57558358813, 67265.7709270087, 45921.95393154987, 13731.69376550946, 1971.5909503065513,
    133.14166789178438, 3.3871328727963665,
  ],
  [
    5226.495278852854, 28729.085735721943, 39307.89580009271, 21213.794301586597, 5394.196021424751, 687.1870074920579,
    42.31333070160091, 1,
  ],
] as const;
const TAIL = [
  [
    7.745450142783414e-4, 0.022723844989269184, 0.2417807251774506, 1.2704582524523684, 3.6478483247632045,
    5.769497221460691, 4.630337846156546, 1.4234371107496835,
  ],
  [
    1.0507500716444169e-9, 5.475938084995345e-4, 0.015198666563616457, 0.14810397642748008, 0.6897673349851,
    1.6763848301838038, 2.053191626637759, 1,
  ],
] as const;
const FAR_TAIL = [
  [
    2.0103343992922881e-7, 2.7115555687434876e-5, 0.0012426609473880784, 0.026532189526576124, 0.29656057182850487,
    1.7848265399172913, 5.463784911164114, 6.657904643501103,
  ],
  [
    2.0442631033899397e-15, 1.421511758316446e-7, 0.000018463183175100548, 7.868691311456133e-4, 0.014875361290850615,
    0.1369298809227358, 0.599832206555888, 1,
  ],
] as const;

/** The quantile of the standard normal, in float64; ±∞ at 0 and 1. */
export function addNormalQuantile(maths: Maths, p: GraphValue): GraphValue {
  const ratio = ([above, below]: readonly [readonly number[], readonly number[]], r: GraphValue): GraphValue =>
    maths.div(maths.polynomial(above, r), maths.polynomial(below, r));
  const q = maths.sub(p, 0.5);
  const middle = maths.mul(q, ratio(MIDDLE, maths.sub(0.180625, maths.mul(q, q))));
  const isLow = maths.less(q, 0);
  const tail = maths.where(isLow, p, maths.sub(1, p));
  const r = maths.unary("Sqrt", maths.unary("Neg", maths.log(tail)));
  const isNear = maths.atMost(r, 5);
  const size = maths.where(isNear, ratio(TAIL, maths.sub(r, 1.6)), ratio(FAR_TAIL, maths.sub(r, 5)));
  const end = maths.where(maths.equal(tail, 0), Number.POSITIVE_INFINITY, size);
  const outer = maths.where(isLow, maths.unary("Neg", end), end);
  return maths.where(maths.atMost(maths.unary("Abs", q), 0.425), middle, outer);
}
