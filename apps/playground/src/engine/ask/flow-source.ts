import type { TableSchema } from "@pushforward/tables/extend";
import { type ConditionalFlow, createKey, type Flow, sampleRows, type Table, type Variable } from "pushforward";
import type { AskSource } from "./ask-source.ts";

const SAMPLES = 3000;

/** A flow as a model that takes questions; undefined where its columns are given already, or there is only one. */
export function flowSource(flow: Flow | ConditionalFlow, { columns }: TableSchema): AskSource | undefined {
  if (!("eventShape" in flow) || columns.length < 2) return undefined;
  const { data } = sampleRows(flow, createKey(0).fold("pictures"), SAMPLES);
  const samples: Table = {
    rows: SAMPLES,
    columns: columns.map((name, j) => ({
      ...{ name, kind: "number" },
      values: Float64Array.from({ length: SAMPLES }, (_, row) => data[row * columns.length + j] as number),
    })),
  };
  return { model: flow, rows: undefined, samples, variables: samples.columns.map(variableOf) };
}

function variableOf({ name, values }: Table["columns"][number]): Variable {
  const numbers = (values as Float64Array).filter(Number.isFinite);
  return {
    ...{ name, kind: "real", rows: SAMPLES, missingRows: 0, distinct: SAMPLES },
    min: numbers.reduce((a, b) => Math.min(a, b), Number.POSITIVE_INFINITY),
    max: numbers.reduce((a, b) => Math.max(a, b), Number.NEGATIVE_INFINITY),
  };
}
