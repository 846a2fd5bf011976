import type { GraphValue } from "../../graph/graph.ts";
import type { OnnxNoise } from "../../noise-columns.ts";
import type { NoiseKind } from "../../program/noise-kind.ts";

/** Takes a column of random numbers for a density of a mixture, float64 `[rows, 1]`. */
export type MemberNoise = (kind: NoiseKind, decides: OnnxNoise["decides"], column?: string) => GraphValue;
