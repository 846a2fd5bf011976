export { contourRings, type DensityGrid, gridDensityThresholds, type Ring } from "./densities/density-grid.ts";
export {
  type ContourLevels,
  type ContourPlotOptions,
  contourPlot,
  type PointSet,
  type TrueContours,
} from "./figures/contour-plot.ts";
export {
  type CoveragePlotOptions,
  type CoverageSeries,
  coveragePlot,
  type ProbabilityPlotOptions,
  probabilityPlot,
  type RankPlotOptions,
  rankPlot,
} from "./figures/coverage-plot.ts";
export { type DensityPlot1dOptions, densityPlot1d } from "./figures/density-plot-1d.ts";
export { type IntervalPlotOptions, intervalPlot, type PredictedInterval } from "./figures/interval-plot.ts";
export { type LossPlotOptions, lossPlot, type NullPlotOptions, nullPlot } from "./figures/null-plot.ts";
export { type PairPlotOptions, pairPlot } from "./figures/pair-plot.ts";
export {
  type PairHeatPlotOptions,
  type PanelFigureOptions,
  pairHeatPlot,
  panelFigure,
} from "./figures/panel-figure.ts";
export {
  type MarkedPoint,
  type ReferenceLine,
  type Series,
  type SeriesPlotOptions,
  seriesPlot,
} from "./figures/series-plot.ts";
export type { Numbers, SampleSet } from "./input.ts";
export type { AxesOptions, PlotOptions } from "./layout/plot-options.ts";
export type { CurveRegion } from "./marks/paths.ts";
export { sequentialColor, type ThemeName } from "./scales/color.ts";
export type { ScaleKind } from "./scales/scale.ts";
