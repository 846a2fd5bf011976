import { execFile } from "node:child_process";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import type { StreamRows } from "@pushforward/diagnostics";
import { createKey, formatCsv, type Key } from "pushforward";

const WINDOW = 500;
/** Rows between two tests: a twentieth of the window. */
const STRIDE = 25;

/**
 * The two-sample Kolmogorov–Smirnov test of the last 500 rows against a reference, for each column, every 25 rows. A missing
 * cell is below all values.
 */
export class WindowedKs {
  private readonly columns: readonly WindowedColumn[];
  private readonly effective: number;
  private row = 0;

  constructor(reference: StreamRows) {
    this.columns = reference.columns.map(({ values }) => new WindowedColumn(values));
    this.effective = Math.sqrt((WINDOW * reference.rows) / (WINDOW + reference.rows));
  }

  /**
   * Adds the next rows of the stream, until a column's statistic `√(nm/(n + m))·D` reaches a limit. The level of all
   * columns is the same, which is equal to Bonferroni's correction for columns without ties.
   *
   * @returns the row that reaches the limit, and the largest statistic.
   */
  push({ rows, columns }: StreamRows, limit: number): { readonly row: number | undefined; readonly largest: number } {
    let largest = 0;
    for (let i = 0; i < rows; i++) {
      this.row++;
      for (const [j, column] of this.columns.entries()) column.add(columns[j]?.values[i] as number);
      if (this.row < WINDOW || this.row % STRIDE !== 0) continue;
      for (const column of this.columns) largest = Math.max(largest, this.effective * column.distance());
      if (largest >= limit) return { row: this.row - 1, largest };
    }
    return { row: undefined, largest };
  }
}

class WindowedColumn {
  private readonly sorted: Float64Array;
  /** For each sorted value, the number of window values at most as large but above the previous sorted value. */
  private readonly counts: Int32Array;
  private readonly window: Int32Array = new Int32Array(WINDOW);
  private count = 0;

  constructor(values: ArrayLike<number>) {
    this.sorted = Float64Array.from(values, below).sort();
    this.counts = new Int32Array(this.sorted.length + 1);
  }

  add(value: number): void {
    const place = placeOf(this.sorted, below(value));
    const at = this.count % WINDOW;
    if (this.count >= WINDOW) this.change(this.window[at] as number, -1);
    this.change(place, 1);
    this.window[at] = place;
    this.count++;
  }

  distance(): number {
    const { sorted, counts } = this;
    const n = sorted.length;
    let [inWindow, largest] = [0, 0];
    for (let i = 0; i < n; i++) {
      inWindow += counts[i] as number;
      // Within equal values the distribution function has no value of its own.
      if (i + 1 < n && sorted[i] === sorted[i + 1]) continue;
      const distance = Math.abs(inWindow / WINDOW - (i + 1) / n);
      if (distance > largest) largest = distance;
    }
    return largest;
  }

  private change(place: number, by: number): void {
    this.counts[place] = (this.counts[place] as number) + by;
  }
}

function below(value: number): number {
  return Number.isNaN(value) ? Number.NEGATIVE_INFINITY : value;
}

/** The number of sorted values below one. */
function placeOf(sorted: Float64Array, value: number): number {
  let [low, high] = [0, sorted.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((sorted[middle] as number) < value) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** Change in a stream. */
export interface Shift {
  readonly name: string;
  /** Mean of the first column, in standard deviations. */
  readonly mean?: number;
  /** Factor of its standard deviation. */
  readonly scale?: number;
  /** Correlation of the first two columns; 0.6 without a shift. */
  readonly correlation?: number;
  /** Frequency of the first category; 0.5 without a shift. */
  readonly frequency?: number;
  /** Share of missing cells in the last column; 0.05 without a shift. */
  readonly missing?: number;
  /** Share of rows in a new cluster, at (2.5, −2.5) in the first two columns. */
  readonly cluster?: number;
}

/** Distribution of rows before a change, for which the exact density of the simulated table is valid. */
const QUIET = { mean: 0, scale: 1, correlation: 0.6, frequency: 0.5, missing: 0.05, cluster: 0 };
const CATEGORY = [0.5, 0.3, 0.2];
const LOG_CATEGORY = CATEGORY.map(Math.log);
const CLUSTER = 2.5;
const CLUSTER_SCALE = 0.3;

/**
 * Draws rows of a table with known density: two correlated normal columns, a column of three categories, and a normal
 * column that depends on the category and has missing cells. It also returns the exact log-densities without a shift.
 */
export function simulatedRows(key: Key, rows: number, shift: Partial<Omit<Shift, "name">> = {}): StreamRows {
  const { mean, scale, correlation, frequency, missing, cluster } = { ...QUIET, ...shift };
  const [normalKey, uniformKey] = key.split(2);
  const z = normalKey.normal(3 * rows);
  const u = uniformKey.uniform(3 * rows);
  const columns = ["a", "b", "kind", "c"].map((name) => ({
    ...{ name, values: new Float64Array(rows), logProb: new Float64Array(rows) },
  }));
  const [a, b, kind, c] = columns.map(({ values }) => values) as [
    Float64Array,
    Float64Array,
    Float64Array,
    Float64Array,
  ];
  const rest = Math.sqrt(1 - correlation ** 2);
  // The other categories keep their ratio.
  const second = frequency + ((1 - frequency) * 0.3) / 0.5;
  for (let i = 0; i < rows; i++) {
    const [z0, z1, z2] = [z[3 * i] as number, z[3 * i + 1] as number, z[3 * i + 2] as number];
    const [u0, u1, u2] = [u[3 * i] as number, u[3 * i + 1] as number, u[3 * i + 2] as number];
    const isCluster = u2 < cluster;
    a[i] = isCluster ? CLUSTER + CLUSTER_SCALE * z0 : mean + scale * z0;
    b[i] = isCluster ? -CLUSTER + CLUSTER_SCALE * z1 : correlation * z0 + rest * z1;
    kind[i] = u0 < frequency ? 0 : u0 < second ? 1 : 2;
    c[i] = u1 < missing ? Number.NaN : z2 + (kind[i] as number);
  }
  const logDensity = new Float64Array(rows);
  for (let i = 0; i < rows; i++) {
    const cells = quietCells(a[i] as number, b[i] as number, kind[i] as number, c[i] as number);
    for (const [j, cell] of cells.entries()) {
      (columns[j] as { logProb: Float64Array }).logProb[i] = cell;
      logDensity[i] = (logDensity[i] as number) + cell;
    }
  }
  return { rows, logDensity, columns };
}

/** Draws rows of a single standard normal column, which are fast to monitor. */
export function normalRows(key: Key, rows: number): StreamRows {
  const values = key.normal(rows);
  return { rows, logDensity: Float64Array.from(values, (z) => -(z ** 2) / 2), columns: [{ name: "a", values }] };
}

/** Log-probabilities of the cells given the earlier cells, without the constants of the normal densities. */
function quietCells(a: number, b: number, kind: number, c: number): readonly [number, number, number, number] {
  const { correlation, missing } = QUIET;
  const variance = 1 - correlation ** 2;
  const ofC = Number.isNaN(c) ? Math.log(missing) : Math.log1p(-missing) - (c - kind) ** 2 / 2 - 0.919;
  return [
    -(a ** 2) / 2,
    -((b - correlation * a) ** 2) / variance / 2 - Math.log(variance) / 2,
    LOG_CATEGORY[kind] as number,
    ofC,
  ];
}

const run = promisify(execFile);
const PROGRAM = join(import.meta.dirname, "..", "..", "..", "cli", "dist", "main.js");
const TRAINING_ROWS = 3000;
const KINDS = ["low", "middle", "high"];

/**
 * Returns the number of streams without a shift that raise an alarm when the command line monitors the streams with its
 * own fitted model.
 */
export async function watchedFiles(streams: number, rows: number, referenceRows: number): Promise<number> {
  const folder = await mkdtemp(join(tmpdir(), "pushforward-drift-"));
  const file = (name: string): string => join(folder, name);
  const command = async (...args: string[]): Promise<string> =>
    (await run(process.execPath, [PROGRAM, ...args], { maxBuffer: 1 << 26 })).stdout;
  try {
    const key = createKey("files");
    await writeFile(file("train.csv"), csvOf(key.fold("train"), TRAINING_ROWS));
    await writeFile(file("reference.csv"), csvOf(key.fold("reference"), referenceRows));
    await command("fit", file("train.csv"), "--out", file("model.safetensors"), "--flow", "table");
    let alarms = 0;
    for (let stream = 0; stream < streams; stream++) {
      await writeFile(file("stream.csv"), csvOf(key.fold(stream), rows));
      const args = ["--reference", file("reference.csv"), "--seed", String(stream), "--json"];
      const told = JSON.parse(await command("watch", file("model.safetensors"), file("stream.csv"), ...args)) as {
        readonly alarms: readonly unknown[];
      };
      if (told.alarms.length > 0) alarms++;
      console.error(`watch ${stream + 1} of ${streams}: ${alarms} with an alarm`);
    }
    return alarms;
  } finally {
    await rm(folder, { recursive: true });
  }
}

function csvOf(key: Key, rows: number): string {
  const [a, b, kind, c] = simulatedRows(key, rows).columns.map(({ values }) => Array.from(values));
  const cells = (name: string, values: readonly number[] = []) =>
    ({ name, kind: "text", values: values.map((x) => (Number.isNaN(x) ? "" : x.toFixed(3))) }) as const;
  const kinds = { name: "kind", kind: "text", values: (kind ?? []).map((k) => KINDS[k] as string) } as const;
  return formatCsv({ rows, columns: [cells("a", a), cells("b", b), kinds, cells("c", c)] });
}
