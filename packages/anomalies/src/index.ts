export { type AnomalyReasons, AnomalyScore, type JudgedRows } from "./anomaly-score.ts";
export { type FitAnomalyScoreOptions, fitAnomalyScore } from "./fit-anomaly-score.ts";
