export { areaUnderCurve } from "@pushforward/core/plain";
export { type C2stOptions, type C2stResult, type ClassifierOptions, c2st, type TestProgress } from "./c2st.ts";
export {
  type CoverageCurve,
  type CoverageOptions,
  credibilityLevels,
  expectedCoverage,
  highestDensityThresholds,
  type ProbabilityCurve,
  type ProbabilityCurveOptions,
  probabilityCurve,
} from "./expected-coverage.ts";
export { LocalC2st, type LocalC2stData, type LocalC2stOptions, type LocalC2stResult, localC2st } from "./local-c2st.ts";
export { effectiveSampleSize, type PitReport, paretoSmoothedWeights, pit, type SmoothedWeights } from "./pit.ts";
export {
  type DrawsLike,
  type PosteriorDraws,
  type PosteriorDrawsOptions,
  type PredictiveReport,
  type PredictiveStatistic,
  posteriorDraws,
  posteriorPredictive,
} from "./posterior-predictive.ts";
export {
  type CalibrationOptions,
  type CalibrationReport,
  simulationBasedCalibration,
  type Uniformity,
  type UniformityOptions,
  type UniformityReport,
} from "./simulation-based-calibration.ts";
export { type DriftAlarm, DriftMonitor, type DriftMonitorOptions } from "./streams/drift-monitor.ts";
export type { StatisticKind, StreamColumn, StreamRows } from "./streams/row-statistics.ts";
export {
  type ClosestRecords,
  type ClosestRecordsOptions,
  closestRecords,
  type PrivacyTables,
} from "./tables/closest-records.ts";
export {
  type ColumnAttack,
  type ColumnScores,
  columnAttacks,
  type MembershipAttack,
  membershipAttack,
} from "./tables/column-attacks.ts";
export {
  type ColumnShapes,
  type ColumnTrends,
  columnShapes,
  columnTrends,
  mutualInformation,
  type PairInformation,
} from "./tables/column-shapes.ts";
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
export type { BoostedTreesOptions } from "./trees/boosted-trees.ts";
