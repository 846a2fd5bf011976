// A monotone rational-quadratic spline for each column of a matrix (Durkan et al. 2019, arXiv:1906.04032), with knots of
// its own and linear tails. In a bin with the lower left corner (x₀, y₀), width w, height h, s = h/w, end slopes d₀ and
// d₁, θ = (x − x₀)/w, q = θ(1 − θ):
//
//     y = y₀ + h·N/D,  N = s·θ² + d₀·q,  D = s + (d₀ + d₁ − 2s)·q
//     dy/dx = s²·M/D²,  M = d₁·θ² + 2s·q + d₀·(1 − θ)²
//
// All rows share the knots, so that tables are made once a run, and an element needs neither exponentials nor, because
// the slopes of a row are multiplied before their logarithm is taken, one of its own. A bin can be a thousandth of the
// data's spread: knots, search and θ are float64.

/** The splines of a matrix, all parameters by column. */
export interface ColumnSplines {
  /** x and y of the first knot, `[columns, 2]`. */
  readonly corners: Float32Array;
  /** `[columns, knots − 1]`. */
  readonly logWidths: Float32Array;
  /** `[columns, knots − 1]`. */
  readonly logHeights: Float32Array;
  /** `[columns, knots]`. */
  readonly logSlopes: Float32Array;
  readonly knots: number;
  /** Computes x from y. */
  readonly inverse: boolean;
}

/** Targets for the gradients; absent gradients are not needed. */
export interface ColumnSplineGradients {
  readonly x?: Float32Array | undefined;
  readonly corners?: Float32Array | undefined;
  readonly logWidths?: Float32Array | undefined;
  readonly logHeights?: Float32Array | undefined;
  readonly logSlopes?: Float32Array | undefined;
}

/** Working memory of a forward pass, which the backward pass reads. */
export interface ColumnSplineWorkspace {
  /** A record for each knot of each column. */
  readonly tables: Float64Array;
  /** The knots of a column on the side that is searched. */
  readonly edges: Float64Array;
  /** Product of slopes of a row that are not yet in its logarithm. */
  readonly products: Float64Array;
  readonly logs: Float64Array;
  /** By element: its bin, −1 below the first knot; and θ, or the way from the knot that the tail begins at. */
  readonly bins: Int16Array;
  readonly places: Float64Array;
  /** Sums of gradients, a record for each knot of a column. */
  readonly sums: Float64Array;
}

// A record of the tables: the knot, the bin to its right, and the slopes at both ends of it.
const X = 0;
const Y = 1;
const WIDTH = 2;
const HEIGHT = 3;
const S = 4;
const SLOPE0 = 5;
const SLOPE1 = 6;
const RECORD = 7;

// A record of the sums.
const OF_X = 0;
const OF_Y = 1;
const OF_WIDTH = 2;
const OF_HEIGHT = 3;
const OF_SLOPE = 4;
const SUMS = 5;

// Products of slopes between these have room for a factor before they overflow or lose digits.
const SMALL = 1e-150;
const LARGE = 1e150;

/** Room for matrices of that size. `isTraining`: a backward pass follows. */
export function columnSplineWorkspace(
  rows: number,
  columns: number,
  knots: number,
  isTraining: boolean,
): ColumnSplineWorkspace {
  const kept = isTraining ? rows * columns : 0;
  return {
    tables: new Float64Array(columns * knots * RECORD),
    edges: new Float64Array(knots),
    products: new Float64Array(rows),
    logs: new Float64Array(rows),
    bins: new Int16Array(kept),
    places: new Float64Array(kept),
    sums: new Float64Array(isTraining ? knots * SUMS : 0),
  };
}

/** y of x `[rows, columns]`, or with `inverse` x of y, and the log-determinant of each row. */
export function columnSplineForward(
  splines: ColumnSplines,
  x: Float32Array,
  y: Float32Array,
  logDet: Float32Array,
  workspace: ColumnSplineWorkspace,
): void {
  const { tables, edges, products, logs, bins, places } = workspace;
  const { knots, inverse } = splines;
  const columns = splines.corners.length / 2;
  const isKept = places.length > 0;
  const last = knots - 1;
  fillTables(splines, tables);
  products.fill(1);
  logs.fill(0);
  for (let j = 0; j < columns; j++) {
    const table = j * knots * RECORD;
    for (let k = 0; k < knots; k++) edges[k] = tables[table + k * RECORD + (inverse ? Y : X)] as number;
    const first = edges[0] as number;
    const end = edges[last] as number;
    for (let r = 0, i = j; i < x.length; r++, i += columns) {
      const input = x[i] as number;
      let bin = 0;
      let place: number;
      let slope: number;
      if (input < first || input > end) {
        const isLeft = input < first;
        const at = isLeft ? table : table + last * RECORD;
        slope = tables[at + SLOPE0] as number;
        place = input - (isLeft ? first : end);
        bin = isLeft ? -1 : last;
        y[i] = inverse ? (tables[at + X] as number) + place / slope : (tables[at + Y] as number) + place * slope;
      } else {
        // NaN stays in the first bin, and NaN.
        for (let above = last; above - bin > 1; ) {
          const middle = (bin + above) >> 1;
          if (input >= (edges[middle] as number)) bin = middle;
          else above = middle;
        }
        const at = table + bin * RECORD;
        const width = tables[at + WIDTH] as number;
        const height = tables[at + HEIGHT] as number;
        const s = tables[at + S] as number;
        const slope0 = tables[at + SLOPE0] as number;
        const slope1 = tables[at + SLOPE1] as number;
        const bend = slope0 + slope1 - 2 * s;
        const way = input - (edges[bin] as number);
        let theta: number;
        if (inverse) {
          const a = height * (s - slope0) + way * bend;
          const b = height * slope0 - way * bend;
          const c = s * way;
          const root = Math.sqrt(Math.max(b * b + 4 * a * c, 0));
          // Of the two forms of the root the one that does not subtract.
          theta = b >= 0 ? (2 * c) / (b + root) : (root - b) / (2 * a);
        } else {
          theta = way / width;
        }
        theta = Math.min(Math.max(theta, 0), 1);
        const rest = 1 - theta;
        const cross = theta * rest;
        const d = s + bend * cross;
        const m = slope1 * theta * theta + 2 * s * cross + slope0 * rest * rest;
        slope = (s * s * m) / (d * d);
        place = theta;
        y[i] = inverse
          ? (tables[at + X] as number) + width * theta
          : (tables[at + Y] as number) + (height * (s * theta * theta + slope0 * cross)) / d;
      }
      if (isKept) {
        bins[i] = bin;
        places[i] = place;
      }
      const product = (products[r] as number) * slope;
      if (product > SMALL && product < LARGE) {
        products[r] = product;
      } else {
        logs[r] = (logs[r] as number) + Math.log(products[r] as number) + Math.log(slope);
        products[r] = 1;
      }
    }
  }
  for (let r = 0; r < logDet.length; r++) {
    const log = (logs[r] as number) + Math.log(products[r] as number);
    logDet[r] = inverse ? -log : log;
  }
}

/** The gradients, after the forward pass of the same splines and x with that workspace. */
export function columnSplineBackward(
  splines: ColumnSplines,
  x: Float32Array,
  dValue: Float32Array,
  dLogDet: Float32Array,
  gradients: ColumnSplineGradients,
  { tables, bins, places, sums }: ColumnSplineWorkspace,
): void {
  const { knots, inverse } = splines;
  const columns = splines.corners.length / 2;
  const dx = gradients.x;
  for (let j = 0; j < columns; j++) {
    const table = j * knots * RECORD;
    sums.fill(0);
    for (let r = 0, i = j; i < x.length; r++, i += columns) {
      const dOutput = dValue[i] as number;
      const ofLog = dLogDet[r] as number;
      const dLog = inverse ? -ofLog : ofLog;
      const bin = bins[i] as number;
      const theta = places[i] as number;
      const at = table + Math.max(bin, 0) * RECORD;
      const sum = Math.max(bin, 0) * SUMS;
      const slope0 = tables[at + SLOPE0] as number;
      let dInput: number;
      let dY: number;
      let dLeft: number;
      if (bin < 0 || bin === knots - 1) {
        // θ is the way from the end of the box; `d log slope = d slope / slope`.
        dInput = inverse ? dOutput / slope0 : dOutput * slope0;
        dY = inverse ? -dInput : dOutput;
        dLeft = inverse ? dOutput : -dInput;
        const ofSlope = inverse ? dY * (theta / slope0) : dOutput * theta;
        sums[sum + OF_SLOPE] = (sums[sum + OF_SLOPE] as number) + ofSlope + dLog / slope0;
      } else {
        const width = tables[at + WIDTH] as number;
        const s = tables[at + S] as number;
        const slope1 = tables[at + SLOPE1] as number;
        const bend = slope0 + slope1 - 2 * s;
        const rest = 1 - theta;
        const cross = theta * rest;
        const tilt = 1 - 2 * theta;
        const square = theta * theta;
        const n = s * square + slope0 * cross;
        const perD = 1 / (s + bend * cross);
        const perM = 1 / (slope1 * square + 2 * s * cross + slope0 * rest * rest);
        const perWidth = 1 / width;
        const h = (tables[at + HEIGHT] as number) * perD * perD;
        const narrow = 1 - 2 * cross;
        // Partial derivatives of y and of log dy/dx by θ, s, d₀ and d₁, each alone.
        const yTheta = (h * s) / perM;
        const lTheta = 2 * (slope1 * theta + s * tilt - slope0 * rest) * perM - 2 * bend * tilt * perD;
        const yS = h * (square / perD - n * narrow);
        const lS = 2 / s + 2 * cross * perM - 2 * narrow * perD;
        const y0 = h * cross * (1 / perD - n);
        const l0 = rest * rest * perM - 2 * cross * perD;
        const y1 = -h * cross * n;
        const l1 = square * perM - 2 * cross * perD;
        // In the inverse, θ is given implicitly by y(θ) = input.
        dY = inverse ? -(dOutput * width + dLog * lTheta) / yTheta : dOutput;
        dInput = inverse ? -dY : (dOutput * yTheta + dLog * lTheta) * perWidth;
        dLeft = inverse ? dOutput : -dInput;
        const dS = dY * yS + dLog * lS;
        sums[sum + OF_WIDTH] = (sums[sum + OF_WIDTH] as number) + dLeft * theta - dS * s * perWidth;
        sums[sum + OF_HEIGHT] = (sums[sum + OF_HEIGHT] as number) + dY * n * perD + dS * perWidth;
        sums[sum + OF_SLOPE] = (sums[sum + OF_SLOPE] as number) + dY * y0 + dLog * l0;
        sums[sum + SUMS + OF_SLOPE] = (sums[sum + SUMS + OF_SLOPE] as number) + dY * y1 + dLog * l1;
      }
      sums[sum + OF_X] = (sums[sum + OF_X] as number) + dLeft;
      sums[sum + OF_Y] = (sums[sum + OF_Y] as number) + dY;
      if (dx !== undefined) dx[i] = dInput;
    }
    writeGradients(j, knots, tables, sums, gradients);
  }
}

/** Knot k moves with the corner and with the sizes of all bins before it. */
function writeGradients(
  column: number,
  knots: number,
  tables: Float64Array,
  sums: Float64Array,
  { corners, logWidths, logHeights, logSlopes }: ColumnSplineGradients,
): void {
  const table = column * knots * RECORD;
  const bins = column * (knots - 1);
  let [behindX, behindY] = [0, 0];
  for (let k = knots - 1; k >= 0; k--) {
    const [at, sum] = [table + k * RECORD, k * SUMS];
    if (logSlopes !== undefined) {
      logSlopes[column * knots + k] = (sums[sum + OF_SLOPE] as number) * (tables[at + SLOPE0] as number);
    }
    if (k < knots - 1) {
      const dWidth = (sums[sum + OF_WIDTH] as number) + behindX;
      const dHeight = (sums[sum + OF_HEIGHT] as number) + behindY;
      if (logWidths !== undefined) logWidths[bins + k] = dWidth * (tables[at + WIDTH] as number);
      if (logHeights !== undefined) logHeights[bins + k] = dHeight * (tables[at + HEIGHT] as number);
    }
    behindX += sums[sum + OF_X] as number;
    behindY += sums[sum + OF_Y] as number;
  }
  if (corners === undefined) return;
  corners[2 * column] = behindX;
  corners[2 * column + 1] = behindY;
}

function fillTables({ corners, logWidths, logHeights, logSlopes, knots }: ColumnSplines, tables: Float64Array): void {
  for (let j = 0; 2 * j < corners.length; j++) {
    let [x, y] = [corners[2 * j] as number, corners[2 * j + 1] as number];
    let slope = Math.exp(logSlopes[j * knots] as number);
    for (let k = 0; k < knots; k++) {
      const at = (j * knots + k) * RECORD;
      tables[at + X] = x;
      tables[at + Y] = y;
      tables[at + SLOPE0] = slope;
      if (k === knots - 1) continue;
      const bin = j * (knots - 1) + k;
      const width = Math.exp(logWidths[bin] as number);
      const height = Math.exp(logHeights[bin] as number);
      slope = Math.exp(logSlopes[j * knots + k + 1] as number);
      tables[at + WIDTH] = width;
      tables[at + HEIGHT] = height;
      tables[at + S] = height / width;
      tables[at + SLOPE1] = slope;
      x += width;
      y += height;
    }
  }
}
