export { type C2stOptions, type C2stResult, c2st } from "./c2st.ts";
export type { CoverageCurve, CoverageOptions } from "./coverage-curve.ts";
export type { DrawsLike } from "./draws-like.ts";
export { expectedCoverage } from "./expected-coverage.ts";
export { credibilityLevels, highestDensityThresholds } from "./highest-density.ts";
export { effectiveSampleSize, paretoSmoothedWeights, type SmoothedWeights } from "./importance-weights.ts";
export { LocalC2st, type LocalC2stData, type LocalC2stOptions, type LocalC2stResult, localC2st } from "./local-c2st.ts";
export { type PitReport, pit } from "./pit.ts";
export { type PosteriorDraws, type PosteriorDrawsOptions, posteriorDraws } from "./posterior-draws.ts";
export { type PredictiveReport, type PredictiveStatistic, posteriorPredictive } from "./posterior-predictive.ts";
export { type ProbabilityCurve, type ProbabilityCurveOptions, probabilityCurve } from "./probability-curve.ts";
export {
  type CalibrationOptions,
  type CalibrationReport,
  simulationBasedCalibration,
} from "./simulation-based-calibration.ts";
export { type DriftAlarm, DriftMonitor, type DriftMonitorOptions } from "./streams/drift-monitor.ts";
export type { StatisticKind, StreamColumn, StreamRows } from "./streams/row-statistics.ts";
export {
  type ClosestRecords,
  type ClosestRecordsOptions,
  closestRecords,
  type PrivacyTables,
} from "./tables/closest-records.ts";
export { type ColumnAttack, type ColumnScores, columnAttacks } from "./tables/column-attacks.ts";
export { type ColumnShapes, columnShapes } from "./tables/column-shapes.ts";
export { type ColumnTrends, columnTrends } from "./tables/column-trends.ts";
export { type MembershipAttack, membershipAttack } from "./tables/membership-attack.ts";
export { mutualInformation, type PairInformation } from "./tables/mutual-information.ts";
export { type RankCalibration, type RankCalibrationOptions, rankCalibration } from "./tables/rank-calibration.ts";
export { type RowCopies, rowCopies } from "./tables/row-copies.ts";
export {
  type RowDensity,
  type RowMemorization,
  type RowMemorizationOptions,
  rowMemorization,
} from "./tables/row-memorization.ts";
export { type TableC2stOptions, type TableC2stResult, tableC2st } from "./tables/table-c2st.ts";
export { type TarpOptions, type TarpReport, tarp } from "./tarp.ts";
export type { ClassifierOptions, TestProgress } from "./train-classifier.ts";
export { areaUnderCurve } from "./trees/area-under-curve.ts";
export type { BoostedTreesOptions } from "./trees/boosted-trees.ts";
export type { Uniformity, UniformityOptions, UniformityReport } from "./uniformity.ts";
