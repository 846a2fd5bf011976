import { type FitTableResult, type Json, parameterCount, type TableModel } from "pushforward";
import type { Settings } from "../../shared/settings.ts";
import type { TableModelInfo } from "../../shared/table-protocol.ts";

/** What the model file says of a training. */
export function tableMetadata(model: TableModel, result: FitTableResult, settings: Settings): Json {
  const { reason, columns, validationNll, marginalNll, trainRows, validationRows, seconds } = result;
  return {
    table: model.toJson(),
    fit: {
      flow: "table",
      features: columns.length,
      parameters: parameterCount(model.module.parameters()),
      ...{ validationNll, independentNll: marginalNll, trainRows, validationRows, seconds },
      columns: columns.map(({ column, ...own }) => ({
        ...{ column, validationNll: own.validationNll, independentNll: own.marginalNll },
      })),
      ...{ stopped: reason, seed: settings.seed, backend: settings.backend },
    },
  };
}

/** What the page tells of a model, as far as its file does. */
export function tableModelInfo({ module }: TableModel, metadata: Json, file?: string): TableModelInfo {
  const fit = fieldOf(metadata, "fit");
  const numbers = {
    validationNll: numberOf(fit, "validationNll"),
    marginalNll: numberOf(fit, "independentNll"),
    trainRows: numberOf(fit, "trainRows"),
    validationRows: numberOf(fit, "validationRows"),
    seconds: numberOf(fit, "seconds"),
  };
  const known = Object.entries(numbers).filter(([, value]) => value !== undefined);
  return {
    ...(Object.fromEntries(known) as Partial<Record<keyof typeof numbers, number>>),
    ...(file !== undefined && { file }),
    parameters: parameterCount(module.parameters()),
    isStopped: fieldOf(fit, "stopped") === "aborted",
    gains: gainsOf(fieldOf(fit, "columns")),
  };
}

function gainsOf(columns: Json | undefined): [string, number][] {
  if (!Array.isArray(columns)) return [];
  return columns.flatMap((column): [string, number][] => {
    const name = fieldOf(column, "column");
    const [model, own] = [numberOf(column, "validationNll"), numberOf(column, "independentNll")];
    return typeof name === "string" && model !== undefined && own !== undefined ? [[name, own - model]] : [];
  });
}

function numberOf(json: Json | undefined, name: string): number | undefined {
  const value = fieldOf(json, name);
  return typeof value === "number" && Number.isFinite(value) ? value : undefined;
}

function fieldOf(json: Json | undefined, name: string): Json | undefined {
  if (typeof json !== "object" || json === null || Array.isArray(json)) return undefined;
  return new Map(Object.entries(json)).get(name);
}
