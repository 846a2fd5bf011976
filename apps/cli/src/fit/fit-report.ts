import {
  contextNames,
  contextSize,
  gaussianNll,
  meanNll,
  type SplitRows,
  type TableSchema,
} from "@pushforward/tables/extend";
import { type AutoResult, describeBackend, type Json } from "pushforward";
import { dataFlags, type QueryOptions } from "../options/query-option.ts";
import { type ReadOptions, readFlags } from "../options/read-options.ts";
import { colorsOf, type Line } from "../output/terminal.ts";
import { quoted, shortList } from "../output/words.ts";
import type { FittedTable } from "./fit-table.ts";

/** A fit and what it came from. */
export interface FinishedFit {
  readonly fitted: FittedTable & { readonly auto?: AutoResult };
  readonly parts: SplitRows;
  readonly schema: TableSchema;
  readonly flow: string;
  readonly seconds: number;
  readonly cpuSeconds: number;
  readonly model: string;
  readonly notices: readonly string[];
}

/** The results of a fit; all negative log-likelihoods are in nats per row, in the units of the file. */
export interface FitReport {
  readonly [key: string]: Json;
  readonly trainNll: number | null;
  readonly validationNll: number | null;
  readonly testNll: number | null;
  readonly seconds: number;
}

/** Evaluates a fit: what `--json` prints and the model file keeps. */
export async function reportOf(fit: FinishedFit): Promise<FitReport> {
  const { fitted, parts, schema, flow, seconds, cpuSeconds, model, notices } = fit;
  const { train, validation, test } = parts;
  const { parameters, result, auto } = fitted;
  return {
    flow,
    features: schema.columns.length,
    context: contextSize(schema),
    parameters,
    backend: (await describeBackend()).name,
    epochs: result.epochs,
    bestEpoch: result.bestEpoch ?? null,
    trainNll: finite(meanNll(fitted.flow, train)),
    validationNll: finite(meanNll(fitted.flow, validation)),
    testNll: test === undefined ? null : finite(meanNll(fitted.flow, test)),
    seconds,
    cpuSeconds,
    model,
    notices: [...notices],
    ...(auto && choicesOf(auto, schema)),
  };
}

/** What `auto` chose, for the report: figures as in the rest of it. */
function choicesOf(auto: AutoResult, { columns: names, integers = [] }: TableSchema): { readonly [key: string]: Json } {
  return {
    members: auto.members.map(({ kind, weight, components, startNll, validationNll, training }) => ({
      ...{ kind, weight, components, startNll: finite(startNll), validationNll: finite(validationNll) },
      epochs: training.epochs,
      bestEpoch: training.bestEpoch ?? null,
    })),
    baselines: Object.fromEntries(Object.entries(auto.baselines).map(([name, nll]) => [name, finite(nll)])),
    dequantized: [...integers],
    ...(integers.length > 0 && { noisyValidationNll: finite(auto.validationNll) }),
    defensiveWeight: auto.defensiveWeight,
    warnings: auto.warnings.map(({ kind, columns, share, text, remedy }) => ({
      ...{ kind, columns: columns.map((j) => names[j] as string), text, remedy },
      ...(share !== undefined && { share }),
    })),
    log: [...auto.log],
  };
}

/** The results for a reader. */
export function reportLines({ fitted, parts, schema }: FinishedFit, report: FitReport): Line[] {
  const { train, validation, test } = parts;
  const { integers = [] } = schema;
  const { auto } = fitted;
  const held = test === undefined ? "validation" : "test";
  const gaussian = auto === undefined ? gaussianNll(train, test ?? validation) : undefined;
  const given = schema.context.length === 0 ? "" : ", without the context";
  const noisy = auto !== undefined && integers.length > 0;
  return [
    { text: "negative log-likelihood, nats per row, lower is better", style: colorsOf().bold },
    `  train       ${figure(report.trainNll)}`,
    `  validation  ${figure(report.validationNll)}`,
    ...(noisy
      ? [
          {
            text: `  with noise  ${figure(finite(auto.validationNll))} on the validation rows with noise in ${shortList(integers)}, as above`,
            style: colorsOf().dim,
          },
        ]
      : []),
    ...(test === undefined ? [] : [`  test        ${figure(report.testNll)}`]),
    ...(gaussian === undefined
      ? []
      : [{ text: `  a Gaussian  ${figure(gaussian)} on the ${held} rows${given}`, style: colorsOf().dim }]),
  ];
}

/** Commands that go on from here, ready to be copied. */
export function nextSteps(
  file: string,
  out: string,
  schema: TableSchema,
  reading: ReadOptions & QueryOptions,
): string[] {
  const model = quoted(out);
  const data = `${dataFlags(file, reading)}${readFlags(reading)}`;
  const given =
    schema.context.length === 0 ? "" : ` --context contexts.csv  # a file of ${contextNames(schema).join(", ")}`;
  const sample = `pushforward sample ${model} -n 1000${given}`;
  const lines =
    file === "-" ? [sample] : [`pushforward score ${model} ${data}`, sample, plotStep(model, data, reading)];
  return ["next:", ...lines.map((line) => `  ${line}`)];
}

/** A picture beside the data; a query has none, because its rows may be very many. */
export function plotStep(model: string, data: string, { query }: QueryOptions): string {
  return `pushforward plot ${model}${query === undefined ? ` --data ${data}` : ""} --out density.svg`;
}

/** A number, or null, because JSON has no infinity. */
export function finite(value: number): number | null {
  return Number.isFinite(value) ? value : null;
}

/** A number for a reader. */
export function figure(value: number | null): string {
  return value === null ? "not finite" : value.toFixed(4);
}
