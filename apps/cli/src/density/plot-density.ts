import { type PlottedColumn, plottedColumn } from "@pushforward/columns/extend";
import { takeTableRows } from "@pushforward/datasets/extend";
import type { SampleSet } from "@pushforward/plots";
import type { TableDensityModel } from "@pushforward/tables/extend";
import { createKey, type Table, type Variable } from "pushforward";
import { pairPicture } from "../output/density-picture.ts";

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
  const columns: readonly PlottedColumn[] = shown.map((variable) => plottedColumn(variable, data ?? samples));
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
