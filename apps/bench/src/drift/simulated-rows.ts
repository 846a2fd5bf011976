import type { StreamRows } from "@pushforward/diagnostics";
import type { Key } from "pushforward";

/** What changes in a stream. */
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

/** Rows before a change, and what the exact density of the simulated table is made for. */
const QUIET = { mean: 0, scale: 1, correlation: 0.6, frequency: 0.5, missing: 0.05, cluster: 0 };
const CATEGORY = [0.5, 0.3, 0.2];
const LOG_CATEGORY = CATEGORY.map(Math.log);
const CLUSTER = 2.5;
const CLUSTER_SCALE = 0.3;

/**
 * Rows of a table whose density is known: two correlated normal columns, a category of three, and a normal column that
 * depends on it and has missing cells; with their exact log-densities, those without a shift.
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

/** Rows of one standard normal column, which are fast to watch. */
export function normalRows(key: Key, rows: number): StreamRows {
  const values = key.normal(rows);
  return { rows, logDensity: Float64Array.from(values, (z) => -(z ** 2) / 2), columns: [{ name: "a", values }] };
}

/** Log-probabilities of the cells given those before them, without the constants of the normal densities. */
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
