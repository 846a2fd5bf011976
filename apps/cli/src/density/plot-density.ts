import { createKey, type SampleSet, type Table } from "pushforward";
import { type PlottedColumn, plottedColumn, type TableDensityModel, type Variable } from "pushforward/extend";
import { pairPicture } from "../output/density-picture.ts";

/** What a picture of a density shows. */
export interface DensityPlot {
  /** The columns, in the order of the picture. */
  readonly shown: readonly Variable[];
  /** Rows to draw beside samples. */
  readonly data?: Table | undefined;
  /** Number of samples. */
  readonly count: number;
  readonly seed: number;
  readonly title?: string | undefined;
  readonly dataColor: string;
}

/** An SVG of samples of a density of any columns, and of the data beside them: each column, and each pair. */
export function plotDensity({ density }: TableDensityModel, plot: DensityPlot): string {
  const { shown, data, dataColor } = plot;
  const samples = density.sample(createKey(plot.seed), plot.count);
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
