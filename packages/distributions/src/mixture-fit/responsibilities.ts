import { BLOCK, type RowBlocks, type WhitenedMixture } from "./row-statistics.ts";

/** A component with a density below `exp(−REACH)` times the best density of a row has no share in the row. */
const REACH = 10 * Math.LN10;

/**
 * Which component has which share in which row, for each block only the components that have a share at all: the
 * entries of block b are `starts[b]` up to `ends[b]`.
 */
export class Responsibilities {
  readonly starts: Int32Array;
  readonly ends: Int32Array;
  /** The component of each entry. */
  component: Int32Array;
  /** The shares of each entry in the four rows of its block; 0 for padding. */
  share: Float64Array;
  /** For each block the component with the largest share. */
  readonly owner: Int32Array;

  constructor(blocks: number) {
    this.starts = new Int32Array(blocks);
    this.ends = new Int32Array(blocks);
    this.owner = new Int32Array(blocks);
    this.component = new Int32Array(4 * blocks + 64);
    this.share = new Float64Array(BLOCK * this.component.length);
  }

  /** Starts a new block after the previous one, with capacity for the entries. */
  open(block: number, entries: number): void {
    const start = block === 0 ? 0 : (this.ends[block - 1] as number);
    this.starts[block] = start;
    if (start + entries <= this.component.length) return;
    const size = Math.max(start + entries, 2 * this.component.length);
    const { component, share } = this;
    this.component = new Int32Array(size);
    this.component.set(component);
    this.share = new Float64Array(BLOCK * size);
    this.share.set(share);
  }
}

/** Shares of 1: each row belongs to the component of its label. */
export function hardResponsibilities(rows: RowBlocks, labels: Int32Array): Responsibilities {
  const result = new Responsibilities(rows.blocks);
  for (let b = 0; b < rows.blocks; b++) {
    result.open(b, BLOCK);
    const { component, share } = result;
    const start = result.starts[b] as number;
    let end = start;
    const to = Math.min(rows.rows, (b + 1) * BLOCK);
    for (let row = b * BLOCK; row < to; row++) {
      const label = labels[row] as number;
      let entry = start;
      while (entry < end && component[entry] !== label) entry++;
      if (entry === end) {
        component[end] = label;
        share.fill(0, BLOCK * end, BLOCK * (end + 1));
        end++;
      }
      share[BLOCK * entry + row - b * BLOCK] = 1;
    }
    result.owner[b] = component[start] as number;
    result.ends[b] = end;
  }
  return result;
}

/**
 * The expectation step for the blocks `from` to `to`: writes the shares `rₖ(x) = wₖ Nₖ(x) / Σⱼ wⱼ Nⱼ(x)` to `into` and returns
 * the sum of the log-densities `ln Σⱼ wⱼ Nⱼ(x)`. Evaluates all components, starting with the owner of the block (blocks must be
 * processed in order from 0), or only the components already in the block, which makes the sum a lower bound.
 *
 * `|Wₖ (x − mₖ)|²` grows with each row of Wₖ; when it shows for all four rows that the component has no share, the rest is
 * skipped. This is early if the rows of a block are neighbors.
 */
export function expectBlocks(
  rows: RowBlocks,
  mixture: WhitenedMixture,
  into: Responsibilities,
  from: number,
  to: number,
  which: "all" | "present",
): number {
  const { values, features: d } = rows;
  const { components, constants, means, whitening } = mixture;
  const triangle = (d * (d + 1)) / 2;
  const { starts, ends } = into;
  const all = which === "all";
  const centered = new Float64Array(BLOCK * d);
  let logDensity = 0;
  for (let b = from; b < to; b++) {
    if (all) into.open(b, components);
    const { component, share } = into;
    const start = starts[b] as number;
    const owner = into.owner[b] as number;
    const turns = all ? components : (ends[b] as number) - start;
    let end = start;
    let best0 = Number.NEGATIVE_INFINITY;
    let best1 = best0;
    let best2 = best0;
    let best3 = best0;
    for (let turn = all ? -1 : 0; turn < turns; turn++) {
      let k = turn;
      if (!all) k = component[start + turn] as number;
      else if (turn < 0) k = owner;
      else if (turn === owner) continue;
      const constant = constants[k] as number;
      const far0 = 2 * (constant - best0 + REACH);
      const far1 = 2 * (constant - best1 + REACH);
      const far2 = 2 * (constant - best2 + REACH);
      const far3 = 2 * (constant - best3 + REACH);
      let q0 = 0;
      let q1 = 0;
      let q2 = 0;
      let q3 = 0;
      let w = k * triangle;
      let at = b * BLOCK * d;
      let i = 0;
      let near = true;
      // Two rows of W at a time: each number of x that is read serves both.
      for (; i + 1 < d && near; i += 2) {
        const below = w + i + 1;
        const width = BLOCK * i;
        let z0 = 0;
        let z1 = 0;
        let z2 = 0;
        let z3 = 0;
        let y0 = 0;
        let y1 = 0;
        let y2 = 0;
        let y3 = 0;
        let u = below;
        for (let j = 0; j < width; j += BLOCK) {
          const a = whitening[w++] as number;
          const c = whitening[u++] as number;
          const x0 = centered[j] as number;
          const x1 = centered[j + 1] as number;
          const x2 = centered[j + 2] as number;
          const x3 = centered[j + 3] as number;
          z0 += a * x0;
          z1 += a * x1;
          z2 += a * x2;
          z3 += a * x3;
          y0 += c * x0;
          y1 += c * x1;
          y2 += c * x2;
          y3 += c * x3;
        }
        const a = whitening[w] as number;
        const c = whitening[u] as number;
        const e = whitening[u + 1] as number;
        w = u + 2;
        const m = k * d + i;
        const mean = means[m] as number;
        const next = means[m + 1] as number;
        const x0 = (values[at] as number) - mean;
        const x1 = (values[at + 1] as number) - mean;
        const x2 = (values[at + 2] as number) - mean;
        const x3 = (values[at + 3] as number) - mean;
        const v0 = (values[at + 4] as number) - next;
        const v1 = (values[at + 5] as number) - next;
        const v2 = (values[at + 6] as number) - next;
        const v3 = (values[at + 7] as number) - next;
        at += 2 * BLOCK;
        centered[width] = x0;
        centered[width + 1] = x1;
        centered[width + 2] = x2;
        centered[width + 3] = x3;
        centered[width + 4] = v0;
        centered[width + 5] = v1;
        centered[width + 6] = v2;
        centered[width + 7] = v3;
        z0 += a * x0;
        z1 += a * x1;
        z2 += a * x2;
        z3 += a * x3;
        y0 += c * x0 + e * v0;
        y1 += c * x1 + e * v1;
        y2 += c * x2 + e * v2;
        y3 += c * x3 + e * v3;
        q0 += z0 * z0 + y0 * y0;
        q1 += z1 * z1 + y1 * y1;
        q2 += z2 * z2 + y2 * y2;
        q3 += z3 * z3 + y3 * y3;
        near = !(q0 > far0 && q1 > far1 && q2 > far2 && q3 > far3);
      }
      if (!near) continue;
      if (i < d) {
        const width = BLOCK * i;
        let z0 = 0;
        let z1 = 0;
        let z2 = 0;
        let z3 = 0;
        for (let j = 0; j < width; j += BLOCK) {
          const a = whitening[w++] as number;
          z0 += a * (centered[j] as number);
          z1 += a * (centered[j + 1] as number);
          z2 += a * (centered[j + 2] as number);
          z3 += a * (centered[j + 3] as number);
        }
        const a = whitening[w] as number;
        const mean = means[k * d + i] as number;
        z0 += a * ((values[at] as number) - mean);
        z1 += a * ((values[at + 1] as number) - mean);
        z2 += a * ((values[at + 2] as number) - mean);
        z3 += a * ((values[at + 3] as number) - mean);
        q0 += z0 * z0;
        q1 += z1 * z1;
        q2 += z2 * z2;
        q3 += z3 * z3;
        if (q0 > far0 && q1 > far1 && q2 > far2 && q3 > far3) continue;
      }
      const l0 = constant - 0.5 * q0;
      const l1 = constant - 0.5 * q1;
      const l2 = constant - 0.5 * q2;
      const l3 = constant - 0.5 * q3;
      if (l0 > best0) best0 = l0;
      if (l1 > best1) best1 = l1;
      if (l2 > best2) best2 = l2;
      if (l3 > best3) best3 = l3;
      component[end] = k;
      share[BLOCK * end] = l0;
      share[BLOCK * end + 1] = l1;
      share[BLOCK * end + 2] = l2;
      share[BLOCK * end + 3] = l3;
      end++;
    }
    const used = rows.rows - b * BLOCK;
    logDensity += toShares(share, BLOCK * start, BLOCK * end, best0);
    if (used > 1) logDensity += toShares(share, BLOCK * start + 1, BLOCK * end, best1);
    else clearLane(share, BLOCK * start + 1, BLOCK * end);
    if (used > 2) logDensity += toShares(share, BLOCK * start + 2, BLOCK * end, best2);
    else clearLane(share, BLOCK * start + 2, BLOCK * end);
    if (used > 3) logDensity += toShares(share, BLOCK * start + 3, BLOCK * end, best3);
    else clearLane(share, BLOCK * start + 3, BLOCK * end);
    ends[b] = keepShares(into, b, end);
  }
  return logDensity;
}

/** Converts the log-densities of a row, every fourth number, to shares; returns the logarithm of their sum. */
function toShares(share: Float64Array, from: number, to: number, best: number): number {
  // A row so far away that no density is left has none; nothing can be said of its shares.
  if (best === Number.NEGATIVE_INFINITY) {
    clearLane(share, from, to);
    return best;
  }
  let sum = 0;
  for (let i = from; i < to; i += BLOCK) {
    const below = (share[i] as number) - best;
    const density = below < -REACH ? 0 : Math.exp(below);
    share[i] = density;
    sum += density;
  }
  const scale = 1 / sum;
  for (let i = from; i < to; i += BLOCK) share[i] = (share[i] as number) * scale;
  return best + Math.log(sum);
}

function clearLane(share: Float64Array, from: number, to: number): void {
  for (let i = from; i < to; i += BLOCK) share[i] = 0;
}

/** Drops entries without a share from the end of the list and finds the owner of the block; returns the new end. */
function keepShares({ component, share, owner, starts }: Responsibilities, block: number, end: number): number {
  let kept = starts[block] as number;
  let most = 0;
  for (let e = kept; e < end; e++) {
    const s0 = share[BLOCK * e] as number;
    const s1 = share[BLOCK * e + 1] as number;
    const s2 = share[BLOCK * e + 2] as number;
    const s3 = share[BLOCK * e + 3] as number;
    const sum = s0 + s1 + s2 + s3;
    if (sum === 0) continue;
    if (sum > most) {
      most = sum;
      owner[block] = component[e] as number;
    }
    component[kept] = component[e] as number;
    share[BLOCK * kept] = s0;
    share[BLOCK * kept + 1] = s1;
    share[BLOCK * kept + 2] = s2;
    share[BLOCK * kept + 3] = s3;
    kept++;
  }
  return kept;
}
