import { createKey, type SampleSet, type Table } from "pushforward";
import {
  cellWriter,
  isNumericVariable,
  type TableDensityModel,
  takeTableRows,
  type Variable,
} from "pushforward/extend";
import { pairPicture } from "../output/density-picture.ts";

/** Most categories of a column that have a bar of their own. */
const MOST_BARS = 12;
const OTHERS = "others";
const MISSING = "missing";

/** What a picture of a density shows. */
export interface DensityPlot {
  /** The columns, in the order of the picture. */
  readonly shown: readonly Variable[];
  /** Rows to draw beside samples. */
  readonly data?: Table | undefined;
  /** For a model with given columns: rows of them to draw at. */
  readonly given?: Table | undefined;
  /** Number of samples; those at given rows are about as many. */
  readonly count: number;
  readonly seed: number;
  readonly title?: string | undefined;
  readonly dataColor: string;
}

/** An SVG of samples of a density of any columns, and of the data beside them: each column, and each pair. */
export function plotDensity({ density }: TableDensityModel, plot: DensityPlot): string {
  const { shown, data, dataColor } = plot;
  const samples = samplesOf(density, plot);
  const columns = shown.map((variable) => shownColumn(variable, data ?? samples));
  const setOf = (name: string, table: Table, color?: string): SampleSet => ({
    name,
    values: columns.map(({ valuesOf }) => valuesOf(table)),
    ...(color !== undefined && { color }),
  });
  const points = data === undefined ? undefined : setOf("data", data, dataColor);
  const sets = [setOf("samples", samples), ...(points === undefined ? [] : [points])];
  const names = shown.map(({ name }) => name);
  return pairPicture(names, sets, plot.title ?? `samples of ${names.join(", ")}`, points, {
    categories: columns.map(({ categories }) => categories),
    labels: columns.map(({ label }) => label),
  });
}

/** Samples, at given rows as many for each, or at an even share of the rows where there are too many. */
function samplesOf(density: TableDensityModel["density"], { given, count, seed }: DensityPlot): Table {
  const key = createKey(seed);
  if (given === undefined || given.rows === 0) return density.sample(key, given === undefined ? count : 0, { given });
  const step = Math.ceil(given.rows / count);
  const picked = Array.from({ length: Math.ceil(given.rows / step) }, (_, i) => i * step);
  const each = Math.max(1, Math.round(count / picked.length));
  return density.sample(key, each, { given: takeTableRows(given, picked) });
}

/** A column as a picture has it: numbers, or places in a list of categories. */
interface ShownColumn {
  readonly categories?: readonly string[];
  readonly label?: (value: number) => string;
  valuesOf(table: Table): Float64Array;
}

function shownColumn(variable: Variable, reference: Table): ShownColumn {
  if (isNumericVariable(variable)) {
    return {
      ...(variable.kind === "date" && { label: cellWriter({ ...variable, missing: [""] }) }),
      valuesOf: (table) => numbersOf(table, variable.name),
    };
  }
  const counts = new Map<string, number>();
  for (const text of textsOf(reference, variable.name)) counts.set(text, (counts.get(text) ?? 0) + 1);
  const sorted = [...counts].sort((a, b) => b[1] - a[1]).map(([text]) => text);
  const categories = sorted.length <= MOST_BARS ? sorted : [...sorted.slice(0, MOST_BARS - 1), OTHERS];
  const places = new Map(categories.map((text, place) => [text, place]));
  const other = sorted.length <= MOST_BARS ? Number.NaN : MOST_BARS - 1;
  return {
    categories,
    valuesOf: (table) => Float64Array.from(textsOf(table, variable.name), (text) => places.get(text) ?? other),
  };
}

function numbersOf({ rows, columns }: Table, name: string): Float64Array {
  const column = columns.find((candidate) => candidate.name === name);
  return column?.kind === "number" ? column.values : new Float64Array(rows).fill(Number.NaN);
}

function textsOf({ columns }: Table, name: string): readonly string[] {
  const column = columns.find((candidate) => candidate.name === name);
  if (column?.kind !== "text") return [];
  return column.values.map((text, row) => (column.missing?.has(row) ? MISSING : text));
}
