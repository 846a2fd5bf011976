import { readFile } from "node:fs/promises";
import { basename } from "node:path";
import { areaUnderCurve, invertLower } from "@pushforward/core/plain";
import { takeTableRows } from "@pushforward/datasets/extend";
import {
  type AnomalyScore,
  type Column,
  createKey,
  fitAnomalyScore,
  fitGaussianMixture,
  fitTable,
  type Key,
  parseCsv,
  type Table,
} from "pushforward";

/** Maximum number of test rows of a table, which are all changed, and shift of a number in residual deviations. */
const [MOST_TEST, FAR] = [1000, 5];
const KINDS = ["moved number", "swapped category", "half of a row"] as const;

/**
 * Plants faults in rows that were not fitted to: one number moved by 5 deviations of its residual given the other
 * numbers, one category of another row, or half of the cells of another row. The score is fitted with the density of
 * the table. Prints for each table and kind the area under the curve of the score and of the best of its parts, and the
 * share that is found at p ≤ .01; and for each table the share of false alarms and the weights of the opinions.
 */
export async function plantedFaults(
  paths: readonly string[],
  { rows: most, seed }: { rows: number; seed: number },
): Promise<void> {
  for (const path of paths) {
    const name = basename(path, ".csv");
    const table = usable(parseCsv(await readFile(path, "utf8"), { file: path, missing: "keep" }));
    const key = createKey(seed).fold(name);
    const order = Array.from(key.permutation(table.rows));
    const half = Math.min(most, Math.floor(table.rows / 2));
    const train = takeTableRows(table, order.slice(0, half));
    const test = takeTableRows(table, order.slice(half, half + MOST_TEST));
    const { model, heldOutLogProb: heldOut } = await fitTable(train, { key: createKey(seed), threads: 1 });
    const logProb = (rows: Table): Float64Array => model.logProb(rows);
    const odd = await fitAnomalyScore(train, { key: createKey(seed), model: { logProb, heldOut } });
    const usual = judged(odd, test, logProb(test));
    const alarms = [0.01, 0.05].map((level) => share(usual.pValues, (p) => p <= level).toFixed(3));
    const weights = odd.weights?.map((weight) => weight.toFixed(2)).join(" ");
    console.log(`${name}: false alarms at .01 and .05 ${alarms.join(" ")}, weights ${weights}`);
    const deviations = await residualDeviations(train);
    for (const kind of KINDS) {
      if (kind === "swapped category" && test.columns.every((column) => column.kind === "number")) continue;
      const rows = changedRows(test, kind, deviations, key.fold(kind));
      const changed = judged(odd, rows, logProb(rows));
      const parts = [...changed.parts].map(
        ([part, values]) => [part, areaUnderCurve(usual.parts.get(part) as Float64Array, values)] as const,
      );
      const [best = "", area = 0] = parts.reduce((a, b) => (b[1] > a[1] ? b : a));
      const own = areaUnderCurve(usual.scores, changed.scores);
      const found = share(changed.pValues, (p) => p <= 0.01);
      console.log(
        `  ${kind.padEnd(17)} ${own.toFixed(3)}  best part ${area.toFixed(3)} (${best})  p ≤ .01 ${found.toFixed(2)}`,
      );
    }
    for (const one of [odd, model]) one.dispose();
  }
}

/** Leaves out columns of row numbers, names and splits. */
function usable({ rows, columns }: Table): Table {
  const isName = ({ kind, values }: Column): boolean =>
    kind === "text" && new Set(values).size > Math.max(50, rows / 10);
  return {
    rows,
    columns: columns.filter((column) => !["", "rownames", "ID", "split"].includes(column.name) && !isName(column)),
  };
}

/** Scores, p-values, and the measures that the score is compared with. */
function judged(odd: AnomalyScore, table: Table, logProb: Float64Array) {
  const raw = odd.parts.rawScores(table);
  const scores = odd.combine(raw, logProb);
  const cells = odd.explain(table).surprises;
  const parts = new Map([
    ["largest surprise of a cell", scores.map((_, row) => Math.max(...cells.map((own) => own[row] as number)))],
    ["log-density", logProb.map((value) => -value)],
    ...raw.distances.map((distances, view) => [`neighbors in view ${view + 1}`, distances] as const),
  ]);
  return { scores, pValues: odd.pValueOf(scores), parts };
}

function share(values: Float64Array, is: (value: number) => boolean): number {
  return values.filter(is).length / values.length;
}

/** Residual standard deviation of each column of numbers given the other numbers, under a normal distribution. */
async function residualDeviations({ rows, columns }: Table): Promise<ReadonlyMap<string, number>> {
  const numeric = columns.flatMap((column) => {
    if (column.kind !== "number") return [];
    const known = column.values.filter((x) => !Number.isNaN(x));
    const mean = known.reduce((sum, x) => sum + x / known.length, 0);
    const scale = Math.sqrt(known.reduce((sum, x) => sum + (x - mean) ** 2 / known.length, 0));
    return scale > 0 ? [{ name: column.name, scale, values: column.values.map((x) => (x - mean) / scale || 0) }] : [];
  });
  const d = numeric.length;
  if (d === 0) return new Map();
  const points = Array.from({ length: rows }, (_, row) =>
    Float64Array.from(numeric, ({ values }) => values[row] as number),
  );
  const { scaleTrils } = await fitGaussianMixture(points, { key: createKey(0), components: 1 });
  const inverse = invertLower(Float64Array.from(scaleTrils), d);
  return new Map(
    numeric.map(({ name, scale }, j) => {
      let precision = 0;
      for (let c = j; c < d; c++) precision += (inverse[c * d + j] as number) ** 2;
      return [name, scale / Math.sqrt(precision)] as const;
    }),
  );
}

/** Returns rows, each with a fault of a kind. */
function changedRows(
  test: Table,
  kind: (typeof KINDS)[number],
  deviations: ReadonlyMap<string, number>,
  key: Key,
): Table {
  const count = test.rows;
  const draws = key.uniform(count * 3);
  const others = takeTableRows(
    test,
    Array.from({ length: count }, (_, row) => other(row, draws, test.rows)),
  );
  const movable = test.columns.filter(({ name, kind: own }) =>
    kind === "moved number" ? deviations.has(name) : own === "text",
  );
  const columns = test.columns.map((column, k): Column => {
    const source = others.columns[k] as Column;
    const half = key.fold(column.name).uniform(count);
    const chosen = (row: number): boolean =>
      kind === "half of a row"
        ? (half[row] as number) < 0.5
        : movable[Math.floor((draws[3 * row + 1] as number) * movable.length)]?.name === column.name;
    if (column.kind === "number" && source.kind === "number") {
      const step = FAR * (deviations.get(column.name) ?? 0);
      // An integer stays one.
      const isWhole = column.values.every((x) => Number.isNaN(x) || Number.isInteger(x));
      const moved = (x: number, row: number): number => {
        const to = x + ((draws[3 * row + 2] as number) < 0.5 ? -step : step);
        return isWhole ? Math.round(to) : to;
      };
      const change = (x: number, row: number): number =>
        kind === "moved number" ? moved(x, row) : (source.values[row] as number);
      return { ...column, values: column.values.map((x, row) => (chosen(row) ? change(x, row) : x)) };
    }
    const cells = Array.from({ length: count }, (_, row) => (chosen(row) ? source : column));
    return {
      ...{ name: column.name, kind: "text" },
      values: cells.map(({ values }, row) => String(values[row])),
      missing: new Set(cells.flatMap((cell, row) => (cell.kind === "text" && cell.missing?.has(row) ? [row] : []))),
    };
  });
  return { rows: count, columns };
}

function other(row: number, draws: ArrayLike<number>, rows: number): number {
  return (row + 1 + Math.floor((draws[3 * row] as number) * (rows - 1))) % rows;
}
