export { sequentialColour, type ThemeName } from "./colour.ts";
export { contourRings, type Ring } from "./contour.ts";
export {
  type ContourLevels,
  type ContourPlotOptions,
  contourPlot,
  type PointSet,
  type TrueContours,
} from "./contour-plot.ts";
export { type CoveragePlotOptions, type CoverageSeries, type CurveRegion, coveragePlot } from "./coverage-plot.ts";
export type { DensityGrid } from "./density-grid.ts";
export { type DensityPlot1dOptions, densityPlot1d } from "./density-plot-1d.ts";
export { type IntervalPlotOptions, intervalPlot, type PredictedInterval } from "./interval-plot.ts";
export { highestDensityLevels } from "./levels.ts";
export { type LossPlotOptions, lossPlot } from "./loss-plot.ts";
export { type NullPlotOptions, nullPlot } from "./null-plot.ts";
export type { Numbers } from "./numbers.ts";
export { type PairPlotOptions, pairPlot, type SampleSet } from "./pair-plot.ts";
export { type PanelsOptions, panels } from "./panels.ts";
export type { AxesOptions, PlotOptions } from "./plot-options.ts";
export { type ProbabilityPlotOptions, probabilityPlot } from "./probability-plot.ts";
export { type RankPlotOptions, rankPlot } from "./rank-plot.ts";
export type { ScaleKind } from "./scale.ts";
export {
  type MarkedPoint,
  type ReferenceLine,
  type Series,
  type SeriesPlotOptions,
  seriesPlot,
} from "./series-plot.ts";
