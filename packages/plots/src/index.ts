export { contourRings, type Ring } from "./densities/contour-rings.ts";
export type { DensityGrid } from "./densities/density-grid.ts";
export { gridDensityThresholds } from "./densities/density-levels.ts";
export {
  type ContourLevels,
  type ContourPlotOptions,
  contourPlot,
  type PointSet,
  type TrueContours,
} from "./figures/contour-plot.ts";
export { type CoveragePlotOptions, type CoverageSeries, coveragePlot } from "./figures/coverage-plot.ts";
export { type DensityPlot1dOptions, densityPlot1d } from "./figures/density-plot-1d.ts";
export { type IntervalPlotOptions, intervalPlot, type PredictedInterval } from "./figures/interval-plot.ts";
export { type LossPlotOptions, lossPlot } from "./figures/loss-plot.ts";
export { type NullPlotOptions, nullPlot } from "./figures/null-plot.ts";
export { type PairHeatPlotOptions, pairHeatPlot } from "./figures/pair-heat-plot.ts";
export { type PairPlotOptions, pairPlot } from "./figures/pair-plot.ts";
export { type PanelFigureOptions, panelFigure } from "./figures/panel-figure.ts";
export { type ProbabilityPlotOptions, probabilityPlot } from "./figures/probability-plot.ts";
export { type RankPlotOptions, rankPlot } from "./figures/rank-plot.ts";
export {
  type MarkedPoint,
  type ReferenceLine,
  type Series,
  type SeriesPlotOptions,
  seriesPlot,
} from "./figures/series-plot.ts";
export type { Numbers } from "./input/numbers.ts";
export type { SampleSet } from "./input/sample-set.ts";
export type { AxesOptions, PlotOptions } from "./layout/plot-options.ts";
export type { CurveRegion } from "./marks/curve-region.ts";
export { sequentialColor, type ThemeName } from "./scales/color.ts";
export type { ScaleKind } from "./scales/scale.ts";
