import { fromLanes } from "./parts/lanes";
import { center, storeFour, toGroups, whiten } from "./parts/mixture-groups";
import { totals } from "./parts/panel-product";
import { tileAt, triangleBytes } from "./parts/triangle";
import { madd } from "./parts/vector-maths";

// The gradients of mixtures of Gaussians; see mixture.ts.

/** A share of a row below which a component gets no gradient from it. */
const SMALLEST_SHARE: f32 = 1e-14;

/** Rows of a component that the gradient processes at a time, and their groups. */
const CHUNK = 64;
const GROUPS: usize = 16;

/** Extra bytes between groups. A power of two would map all groups to the same cache lines. */
const PADDING = 64;

/**
 * The gradients of `Σ d·out`. `dOffsets [components]` and, with given features, `dGateOffsets` are the gradients of the
 * offsets. `dShift [components, n]`, the triangles `dWeights` and dx may be 0. The scratch has
 * 64·n + 544·(tiles + 1) + 192 numbers.
 */
export function mixtureGradient(
  x: usize, mean: usize, shift: usize, weights: usize, shares: usize, d: usize,
  dx: usize, dOffsets: usize, dGateOffsets: usize, dShift: usize, dWeights: usize,
  rows: i32, components: i32, n: i32, given: i32, scratch: usize,
): void {
  const tiles = (n + 3) >> 2;
  const stride = <usize>n << 2;
  const triangle = triangleBytes(tiles);
  const ofGates = given > 0 ? <usize>components << 5 : 0;
  const block = (<usize>components << 5) + ofGates;
  if (dx != 0) memory.fill(dx, 0, <usize>rows * stride);
  if (dWeights != 0) {
    memory.fill(dWeights, 0, <usize>components * triangle);
    memory.fill(dShift, 0, <usize>components * stride);
  }
  const smallest = f32x4.splat(SMALLEST_SHARE);
  for (let k = 0; k < components; k++) {
    const ofMean = mean + <usize>k * stride;
    const ofShift = shift == 0 ? <usize>0 : shift + <usize>k * stride;
    const ofWeights = weights + <usize>k * triangle;
    const ofDShift = dWeights == 0 ? <usize>0 : dShift + <usize>k * stride;
    const ofDWeights = dWeights == 0 ? <usize>0 : dWeights + <usize>k * triangle;
    let total: f64 = 0;
    let gateTotal: f64 = 0;
    let count = 0;
    let share = shares + (<usize>k << 5);
    for (let row = 0; row < rows; row += 8, share += block) {
      // Not "greater": NaN takes part.
      let small = v128.and(f32x4.le(v128.load(share), smallest), f32x4.le(v128.load(share, 16), smallest));
      if (given > 0) {
        small = v128.and(small, f32x4.le(v128.load(share + ofGates), smallest));
        small = v128.and(small, f32x4.le(v128.load(share + ofGates, 16), smallest));
      }
      if (i32x4.all_true(small)) continue;
      for (let lane = 0, end = min(8, rows - row); lane < end; lane++) {
        const at = share + (<usize>lane << 2);
        const own = load<f32>(at);
        const gate = given > 0 ? load<f32>(at + ofGates) : <f32>0;
        if (own <= SMALLEST_SHARE && gate <= SMALLEST_SHARE) continue;
        const factor = load<f32>(d + (<usize>(row + lane) << 2));
        const weight = own * factor;
        const ofGiven = (own - gate) * factor;
        total += weight;
        gateTotal += ofGiven;
        addRow(scratch, x + <usize>(row + lane) * stride, n, count, row + lane, weight, ofGiven);
        if (++count < CHUNK) continue;
        chunkGradient(scratch, count, ofMean, ofShift, ofWeights, dx, ofDShift, ofDWeights, n, given);
        count = 0;
      }
    }
    if (count > 0) chunkGradient(scratch, count, ofMean, ofShift, ofWeights, dx, ofDShift, ofDWeights, n, given);
    store<f32>(dOffsets + (<usize>k << 2), <f32>total);
    if (given > 0) store<f32>(dGateOffsets + (<usize>k << 2), <f32>gateTotal);
  }
}

// Of the scratch, first come three lists of 64 numbers: by what a row counts for its own features, by what for those that
// are given, and the number of the row. Then its copy, then groups: u, −dz, and two of sums.
const LIST: usize = 256;

@inline
function addRow(scratch: usize, from: usize, n: i32, count: i32, row: i32, weight: f32, ofGiven: f32): void {
  const at = scratch + (<usize>count << 2);
  store<f32>(at, weight);
  store<f32>(at + LIST, ofGiven);
  store<i32>(at + 2 * LIST, row);
  const to = scratch + 3 * LIST + <usize>(count * n << 2);
  let i = 0;
  for (; i + 4 <= n; i += 4) v128.store(to + (<usize>i << 2), v128.load(from + (<usize>i << 2)));
  for (; i < n; i++) store<f32>(to + (<usize>i << 2), load<f32>(from + (<usize>i << 2)));
}

/** Adds the contribution of the rows in the scratch to the gradients of a component. */
function chunkGradient(
  scratch: usize, count: i32, mean: usize, shift: usize, weights: usize, dx: usize, dShift: usize, dWeights: usize,
  n: i32, given: i32,
): void {
  const tiles = (n + 3) >> 2;
  const stride = <usize>n << 2;
  const copies = scratch + 3 * LIST;
  const group = (<usize>tiles << 6) + PADDING;
  const u = copies + <usize>CHUNK * stride;
  const dz = u + GROUPS * group;
  const sums = dz + GROUPS * group;
  const groups = ((count + 7) >> 3) << 1;
  for (let row = count; row < groups << 2; row++) {
    store<f32>(scratch + (<usize>row << 2), 0);
    store<f32>(scratch + (<usize>row << 2) + LIST, 0);
  }
  for (let g = 0; g < groups; g += 2) {
    const ofU = u + <usize>g * group;
    const ofDz = dz + <usize>g * group;
    for (let half = 0; half < 2; half++) clearTail(ofU + <usize>half * group, n, tiles);
    toGroups(copies + (<usize>g << 2) * stride, stride, n, count - (g << 2), ofU, group);
    center(ofU, ofU, group, mean, n);
    whiten(ofU, ofDz, group, weights, shift, tiles, n);
    for (let half = 0; half < 2; half++) {
      const own = ofDz + <usize>half * group;
      const list = scratch + (<usize>(g + half) << 4);
      scale(own, 0, given, v128.load(list + LIST));
      scale(own, given, n, v128.load(list));
      clearTail(own, n, tiles);
    }
    if (dx == 0) continue;
    rowGradients(ofDz, sums, group, weights, tiles, n);
    for (let half = 0; half < 2; half++) {
      const first = (g + half) << 2;
      const rows = min(4, count - first);
      if (rows <= 0) break;
      // The copies of these rows are not needed any more.
      const from = copies + <usize>first * stride;
      fromLanes(sums + <usize>half * group, n, rows, from, stride);
      for (let i = 0; i < rows; i++) {
        const row = load<i32>(scratch + 2 * LIST + (<usize>(first + i) << 2));
        addTo(dx + <usize>row * stride, from + <usize>i * stride, n);
      }
    }
  }
  if (dWeights == 0) return;
  for (let i = 0; i < n; i++) {
    let sum = f32x4.splat(0);
    for (let at = dz + (<usize>i << 4), end = at + <usize>groups * group; at < end; at += group) {
      sum = f32x4.add(sum, v128.load(at));
    }
    const to = dShift + (<usize>i << 2);
    store<f32>(to, load<f32>(to) + f32x4.extract_lane(totals(sum, sum, sum, sum), 0));
  }
  for (let p = 0; p < tiles; p++) {
    for (let q = 0; q <= p; q++, dWeights += 64) {
      outer(dz + (<usize>p << 6), u + (<usize>q << 6), group, groups, dWeights);
      outer(dz + (<usize>p << 6), u + (<usize>q << 6) + 32, group, groups, dWeights + 32);
    }
  }
}

/** `z·−weight` of some features of a group; 0 where the weight is, whatever z. */
@inline
function scale(z: usize, from: i32, to: i32, weight: v128): void {
  const isLive = f32x4.ne(weight, f32x4.splat(0));
  const factor = f32x4.neg(weight);
  for (let at = z + (<usize>from << 4), end = z + (<usize>to << 4); at < end; at += 16) {
    v128.store(at, v128.and(f32x4.mul(v128.load(at), factor), isLive));
  }
}

/** Zeros in the features of a group that do not exist. */
@inline
function clearTail(group: usize, n: i32, tiles: i32): void {
  for (let i = n; i < tiles << 2; i++) v128.store(group + (<usize>i << 4), f32x4.splat(0));
}

/** `Vᵀ·dz` of two groups. */
@inline
function rowGradients(dz: usize, to: usize, group: usize, weights: usize, tiles: i32, n: i32): void {
  for (let q = 0; q < tiles; q++) {
    let a0 = f32x4.splat(0), a1 = a0, a2 = a0, a3 = a0, b0 = a0, b1 = a0, b2 = a0, b3 = a0;
    for (let p = q; p < tiles; p++) {
      let left = dz + (<usize>p << 6);
      for (let at = tileAt(weights, p, q), end = at + 16; at < end; at += 4, left += 16) {
        const x = v128.load(left), y = v128.load(left + group);
        let w = v128.load_splat<f32>(at);
        a0 = madd(x, w, a0);
        b0 = madd(y, w, b0);
        w = v128.load_splat<f32>(at, 16);
        a1 = madd(x, w, a1);
        b1 = madd(y, w, b1);
        w = v128.load_splat<f32>(at, 32);
        a2 = madd(x, w, a2);
        b2 = madd(y, w, b2);
        w = v128.load_splat<f32>(at, 48);
        a3 = madd(x, w, a3);
        b3 = madd(y, w, b3);
      }
    }
    storeFour(to + (<usize>q << 6), a0, a1, a2, a3);
    storeFour(to + group + (<usize>q << 6), b0, b1, b2, b3);
  }
}

/** Adds `Σ dz·uᵀ` over all rows to two columns of a tile. */
@inline
function outer(dz: usize, u: usize, group: usize, groups: i32, to: usize): void {
  let a0 = f32x4.splat(0), a1 = a0, a2 = a0, a3 = a0, b0 = a0, b1 = a0, b2 = a0, b3 = a0;
  for (const end = u + <usize>groups * group; u < end; u += group, dz += group) {
    const x = v128.load(u), y = v128.load(u, 16);
    let v = v128.load(dz);
    a0 = madd(v, x, a0);
    b0 = madd(v, y, b0);
    v = v128.load(dz, 16);
    a1 = madd(v, x, a1);
    b1 = madd(v, y, b1);
    v = v128.load(dz, 32);
    a2 = madd(v, x, a2);
    b2 = madd(v, y, b2);
    v = v128.load(dz, 48);
    a3 = madd(v, x, a3);
    b3 = madd(v, y, b3);
  }
  v128.store(to, f32x4.add(v128.load(to), totals(a0, a1, a2, a3)));
  v128.store(to, f32x4.add(v128.load(to, 16), totals(b0, b1, b2, b3)), 16);
}

function addTo(to: usize, from: usize, n: i32): void {
  let i = n;
  for (; i >= 4; i -= 4, to += 16, from += 16) v128.store(to, f32x4.add(v128.load(to), v128.load(from)));
  for (; i > 0; i--, to += 4, from += 4) store<f32>(to, load<f32>(to) + load<f32>(from));
}
