import type { Key } from "@pushforward/core";
import type { TimeSlice } from "@pushforward/core/plain";
import { BLOCK, type RowBlocks } from "./row-statistics.ts";

/**
 * Seeds by k-means++ (Arthur and Vassilvitskii 2007): each is a row drawn with a probability proportional to its squared
 * distance from the nearest seed. Additional seeds keep the existing ones.
 */
export class Seeds {
  private readonly matrix: Float64Array;
  private readonly features: number;
  private readonly key: Key;
  private readonly points: number[] = [];
  private readonly distance: Float64Array;
  /** For each row the nearest seed. */
  readonly nearest: Int32Array;

  constructor(matrix: Float64Array, features: number, key: Key) {
    const rows = matrix.length / features;
    this.matrix = matrix;
    this.features = features;
    this.key = key;
    this.distance = new Float64Array(rows).fill(Number.POSITIVE_INFINITY);
    this.nearest = new Int32Array(rows);
  }

  /** Draws seeds up to this number: `[count, d]`. */
  async extend(count: number, slice: TimeSlice): Promise<Float64Array> {
    const { features: d, matrix, points } = this;
    while (points.length < count) {
      points.push(this.draw());
      this.measure(points.length - 1);
      if (slice.isOver) await slice.breathe();
    }
    const centers = new Float64Array(count * d);
    for (let k = 0; k < count; k++) {
      const from = (points[k] as number) * d;
      centers.set(matrix.subarray(from, from + d), k * d);
    }
    return centers;
  }

  private draw(): number {
    const { distance } = this;
    const rows = distance.length;
    const unit = this.key.fold(this.points.length).uniform(1)[0] as number;
    let total = 0;
    if (this.points.length > 0) for (const value of distance) total += value;
    // The first seed, and any once every row is one.
    if (total === 0) return Math.floor(unit * rows);
    let rest = unit * total;
    for (let i = 0; i < rows; i++) {
      rest -= distance[i] as number;
      if (rest < 0) return i;
    }
    // Rounding of the sum can leave a rest; the last row that is no seed then.
    return distance.findLastIndex((value) => value > 0);
  }

  private measure(seed: number): void {
    const { distance, features: d, matrix, nearest } = this;
    const point = (this.points[seed] as number) * d;
    for (let i = 0, row = 0; i < distance.length; i++, row += d) {
      const limit = distance[i] as number;
      let sum = 0;
      for (let j = 0; j < d; j++) {
        const difference = (matrix[row + j] as number) - (matrix[point + j] as number);
        sum += difference * difference;
        if (sum >= limit) break;
      }
      if (sum < limit) {
        distance[i] = sum;
        nearest[i] = seed;
      }
    }
  }
}

/**
 * One step of Lloyd's algorithm: each row to its nearest center, each center to the mean of its rows; a center without rows
 * stays. `labels` contains the nearest centers of the previous step as input, and of this step as output. Returns true when a
 * row changed its center.
 */
export function lloydStep(rows: RowBlocks, centers: Float64Array, labels: Int32Array): boolean {
  const changed = assign(rows, centers, labels);
  const { features: d, values } = rows;
  const count = centers.length / d;
  const sizes = new Float64Array(count);
  const sums = new Float64Array(count * d);
  for (let row = 0; row < rows.rows; row++) {
    const k = labels[row] as number;
    sizes[k] = (sizes[k] as number) + 1;
    const at = Math.floor(row / BLOCK) * BLOCK * d + (row % BLOCK);
    for (let j = 0; j < d; j++) sums[k * d + j] = (sums[k * d + j] as number) + (values[at + j * BLOCK] as number);
  }
  for (let i = 0; i < sums.length; i++) {
    const size = sizes[Math.floor(i / d)] as number;
    if (size > 0) centers[i] = (sums[i] as number) / size;
  }
  return changed;
}

function assign(rows: RowBlocks, centers: Float64Array, labels: Int32Array): boolean {
  const { blocks, features: d, values } = rows;
  const count = centers.length / d;
  let changed = false;
  for (let b = 0; b < blocks; b++) {
    let best0 = Number.POSITIVE_INFINITY;
    let best1 = best0;
    let best2 = best0;
    let best3 = best0;
    let label0 = 0;
    let label1 = 0;
    let label2 = 0;
    let label3 = 0;
    const first = labels[b * BLOCK] as number;
    for (let turn = -1; turn < count; turn++) {
      if (turn === first) continue;
      const k = turn < 0 ? first : turn;
      let q0 = 0;
      let q1 = 0;
      let q2 = 0;
      let q3 = 0;
      let at = b * BLOCK * d;
      for (let m = k * d; m < (k + 1) * d; m++, at += BLOCK) {
        const center = centers[m] as number;
        const c0 = (values[at] as number) - center;
        const c1 = (values[at + 1] as number) - center;
        const c2 = (values[at + 2] as number) - center;
        const c3 = (values[at + 3] as number) - center;
        q0 += c0 * c0;
        q1 += c1 * c1;
        q2 += c2 * c2;
        q3 += c3 * c3;
        if (q0 >= best0 && q1 >= best1 && q2 >= best2 && q3 >= best3) break;
      }
      if (q0 < best0) {
        best0 = q0;
        label0 = k;
      }
      if (q1 < best1) {
        best1 = q1;
        label1 = k;
      }
      if (q2 < best2) {
        best2 = q2;
        label2 = k;
      }
      if (q3 < best3) {
        best3 = q3;
        label3 = k;
      }
    }
    const row = b * BLOCK;
    changed = setLabel(labels, row, label0) || changed;
    changed = setLabel(labels, row + 1, label1) || changed;
    changed = setLabel(labels, row + 2, label2) || changed;
    changed = setLabel(labels, row + 3, label3) || changed;
  }
  return changed;
}

// Writes beyond the rows, into what fills up the last block, have no effect.
function setLabel(labels: Int32Array, row: number, label: number): boolean {
  if (row >= labels.length || labels[row] === label) return false;
  labels[row] = label;
  return true;
}
