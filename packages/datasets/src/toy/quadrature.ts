/** Nodes and weights of a quadrature rule. */
export interface Quadrature {
  readonly nodes: Float64Array;
  readonly weights: Float64Array;
}

const ORDER = 16;

/** Gauss–Legendre of order 16 on each of `panels` equal parts of [from, to]. */
export function quadrature(from: number, to: number, panels: number): Quadrature {
  const nodes = new Float64Array(ORDER * panels);
  const weights = new Float64Array(ORDER * panels);
  const half = (to - from) / panels / 2;
  for (let k = 0; k < ORDER; k++) {
    const { root, weight } = legendreRoot(k);
    for (let panel = 0; panel < panels; panel++) {
      nodes[panel * ORDER + k] = from + half * (2 * panel + 1 + root);
      weights[panel * ORDER + k] = half * weight;
    }
  }
  return { nodes, weights };
}

function legendreRoot(k: number): { root: number; weight: number } {
  let root = Math.cos((Math.PI * (k + 0.75)) / (ORDER + 0.5));
  let slope = 1;
  // Newton's method; six steps are enough from this start.
  for (let step = 0; step < 6; step++) {
    let previous = 1;
    let value = root;
    for (let n = 2; n <= ORDER; n++) [previous, value] = [value, ((2 * n - 1) * root * value - (n - 1) * previous) / n];
    slope = (ORDER * (root * value - previous)) / (root * root - 1);
    root -= value / slope;
  }
  return { root, weight: 2 / ((1 - root * root) * slope * slope) };
}
