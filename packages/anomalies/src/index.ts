export { type AnomalyReasons, AnomalyScore, anomalyScoreCodec, type JudgedRows } from "./anomaly-score.ts";
export { anomaliesCodecs } from "./codecs.ts";
export { type FitAnomalyScoreOptions, fitAnomalyScore } from "./fit-anomaly-score.ts";
