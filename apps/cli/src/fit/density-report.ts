import { rowBlocks } from "@pushforward/columns/extend";
import {
  type AutoTableResult,
  type DependentColumn,
  describeBackend,
  type Json,
  parameterCount,
  type Table,
  type Variable,
} from "pushforward";
import { dataFlags, type QueryOptions } from "../options/query-option.ts";
import { layoutFlags, type ReadOptions } from "../options/read-options.ts";
import { colorsOf, type Line } from "../output/terminal.ts";
import { quoted, shortList } from "../output/words.ts";
import type { FittedDensity } from "./fit-density.ts";
import { type FitReport, figure, finite, plotStep } from "./fit-report.ts";

/** A fit of a table and what it came from. */
export interface FinishedDensity {
  readonly fitted: FittedDensity;
  readonly variables: readonly Variable[];
  readonly learned: readonly Variable[];
  readonly seconds: number;
  readonly cpuSeconds: number;
  readonly model: string;
  readonly notices: readonly string[];
}

/** Evaluates a fit: what `--json` prints and the model file keeps. */
export async function densityReportOf(fit: FinishedDensity): Promise<FitReport> {
  const { fitted, variables, learned, seconds, cpuSeconds, model, notices } = fit;
  const { result, parts, dependent, epochs } = fitted;
  const density = result.model;
  const isLearned = new Set(learned.map(({ name }) => name));
  return {
    flow: "table",
    features: learned.length - density.given.length,
    context: density.given.length,
    parameters: parameterCount(density.parameters()),
    backend: (await describeBackend()).name,
    epochs,
    bestEpoch: null,
    trainNll: finite(trainNllOf(fitted)),
    validationNll: result.validationRows === 0 ? null : finite(result.validationNll),
    testNll: parts.test === undefined ? null : finite(meanNllOf(density, parts.test)),
    seconds,
    cpuSeconds,
    model,
    notices: [...notices],
    folds: result.folds,
    products: result.products === undefined ? null : { ...result.products },
    normals: result.normals === undefined ? null : { ...result.normals },
    numericFlow: result.flow === undefined ? null : { ...result.flow, columns: [...result.flow.columns] },
    independentNll: finite(result.marginalNll),
    columns: result.columns.map(({ column, validationNll, marginalNll }) => ({
      ...{ column, validationNll: finite(validationNll), independentNll: finite(marginalNll) },
    })),
    variables: variables.map(({ name, kind, step, rows, missingRows }) => ({
      ...{ name, kind, step: step ?? null, missing: rows === 0 ? 0 : missingRows / rows },
    })),
    kept: variables.filter(({ name }) => !isLearned.has(name)).map(({ name }) => name),
    dependent: dependent.map(dependentToJson),
  };
}

function dependentToJson({ column, from, relation }: DependentColumn): Json {
  return { column, from: [...from], relation: { ...relation } };
}

/** The results for a reader. */
export function densityReportLines({ fitted }: FinishedDensity, report: FitReport): Line[] {
  const { validationNll, marginalNll, validationRows } = fitted.result;
  return [
    { text: "negative log-likelihood, nats per row, lower is better", style: colorsOf().bold },
    `  train       ${figure(report.trainNll)}`,
    ...(validationRows === 0 ? [] : [`  validation  ${figure(report.validationNll)}`]),
    ...(fitted.parts.test === undefined ? [] : [`  test        ${figure(report.testNll)}`]),
    ...(validationRows === 0
      ? []
      : [
          {
            text: `  ${figure(finite(marginalNll))} on the validation rows if the columns were independent: the model gains ${(marginalNll - validationNll).toFixed(4)}`,
            style: colorsOf().dim,
          },
        ]),
    ...memberLines(fitted.result).map((text) => ({ text: `  ${text}`, style: colorsOf().dim })),
  ];
}

/** What is mixed with the networks. */
function memberLines({ products, normals, flow }: AutoTableResult): string[] {
  const lines: string[] = [];
  const weight = (member: { readonly weight: number }): string => member.weight.toFixed(3);
  if (products !== undefined) {
    lines.push(`a mixture of ${products.components} products has the weight ${weight(products)} beside the networks`);
  }
  if (normals !== undefined) {
    lines.push(`a mixture of ${normals.components} normals has the weight ${weight(normals)}`);
  }
  if (flow !== undefined) {
    lines.push(`a flow of ${shortList(flow.columns)} given the other columns has the weight ${weight(flow)}`);
  }
  return lines;
}

/** Commands that go on from here, ready to be copied. */
export function densityNextSteps(
  file: string,
  out: string,
  reading: ReadOptions & QueryOptions,
  given: readonly string[],
): string[] {
  const model = quoted(out);
  // How numbers and missing cells are written is part of the model.
  const data = `${dataFlags(file, reading)}${layoutFlags(reading)}`;
  const contexts = given.length === 0 ? "" : ` --context contexts.csv  # a file of ${given.join(", ")}`;
  const sample = `pushforward sample ${model} -n 1000 --out samples.csv${contexts}`;
  const lines =
    file === "-"
      ? [sample]
      : [`pushforward score ${model} ${data} --out scores.csv`, sample, plotStep(model, data, reading)];
  return ["next:", ...lines.map((line) => `  ${line}`)];
}

/** Of the rows that were trained on: where the fit held some of them out, without these. */
function trainNllOf({ result, parts }: FittedDensity): number {
  const { model, validationNll, validationRows, trainRows, folds } = result;
  const all = meanNllOf(model, parts.train);
  if (parts.validation !== undefined || validationRows === 0 || folds > 1) return all;
  return (all * parts.train.rows - validationNll * validationRows) / trainRows;
}

function meanNllOf(density: FittedDensity["result"]["model"], table: Table): number {
  let sum = 0;
  for (const block of rowBlocks(table, density.columns.length)) {
    for (const value of density.logProb(block)) sum -= value / table.rows;
  }
  return sum;
}
