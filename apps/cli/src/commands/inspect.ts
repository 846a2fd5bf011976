import { loadModel } from "@pushforward/serialization/node";
import type { TableModel } from "@pushforward/tables";
import { describeMeasure, openTableModel, tableMetadata } from "@pushforward/tables/extend";
import { describeModel, type Json, type Module, parameterCount, standardRegistry } from "pushforward";
import { isConditionalDistribution, isDistribution, ops } from "pushforward/extend";
import { print, printLines } from "../output/terminal.ts";
import { located } from "../run/program-io.ts";

/** Runs `pushforward inspect`. */
export async function runInspect(
  file: string,
  options: { readonly json?: boolean; readonly verbose?: boolean },
): Promise<void> {
  const { model, metadata, companions } = await loadModel<Module>(located(file), standardRegistry, { is: isModule });
  const tree = model.parameters();
  const table = hasTable(metadata) ? openTableModel(model, metadata, `"${file}"`) : undefined;
  const columns = table?.columnsToJson?.();
  const measure = table && describeMeasure(table);
  const plan = columns === undefined ? planOf(model, table) : { reason: "it is computed column by column" };
  if (options.json === true) {
    const parameters = [...tree].map(([path, p]) => ({ path, shape: p.shape, trainable: p.trainable }));
    const encoded = standardRegistry.encode(model);
    const others = companions.size > 0 && { companions: Object.fromEntries(typesOf(companions)) };
    await print(
      `${JSON.stringify({ metadata, model: encoded, parameters, plan, ...(columns !== undefined && { columns }), ...(measure !== undefined && { measure }), ...others })}\n`,
    );
    return;
  }
  await printLines([
    `${file}: ${parameterCount(tree)} parameters in ${tree.size} arrays`,
    ...describeMetadata(metadata, table, columns !== undefined, options.verbose === true),
    ...(measure === undefined ? [] : [`log-density: ${measure}`]),
    ...(columns === undefined ? [describePlan(plan)] : []),
    ...[...typesOf(companions)].map(([name, type]) => `with it: ${name} (${type})`),
    "",
    ...(options.verbose === true ? describeModel(model).split("\n") : outlineOf(model)),
  ]);
}

/** Maximum number of lines of the tree without `--verbose`. */
const OUTLINE = 12;

/** The objects of a model without their arrays, cut to the size of a screen. */
function outlineOf(model: Module): string[] {
  const lines = describeModel(model).split("\n");
  const objects = lines.filter((line) => !/ \[[\d, ]*\](, not trained)?$/.test(line));
  const shown = objects.slice(0, OUTLINE);
  const hidden = lines.length - shown.length;
  return hidden === 0 ? shown : [...shown, `${hidden} more ${hidden === 1 ? "line" : "lines"} with --verbose`];
}

/** The types of the companions of a model. */
function typesOf(companions: ReadonlyMap<string, object>): ReadonlyMap<string, string> {
  return new Map([...companions].map(([name, companion]) => [name, standardRegistry.encode(companion).type]));
}

function isModule(value: unknown): value is Module {
  return typeof value === "object" && value !== null && "parameters" in value && typeof value.parameters === "function";
}

/** Computation of the density: as a plan with a number of steps, or with tensors, for a reason. */
type PlanReport = { readonly steps: number } | { readonly reason: string };

function planOf(model: Module, table: TableModel | undefined): PlanReport {
  if (!isDistribution(model) && !isConditionalDistribution(model)) return { reason: "it is no distribution" };
  if (!isDistribution(model) && table === undefined) return { reason: "its columns are not in the file" };
  const { plan, reason } = ops.planLogProb(model, table?.columns.length);
  return plan === undefined ? { reason } : { steps: plan.steps.length };
}

function describePlan(report: PlanReport): string {
  const how = "steps" in report ? `a plan of ${report.steps} steps` : `tensors, because ${report.reason}`;
  return `density computed by: ${how}`;
}

/** Describes the metadata of `fit` in words; other metadata stay unchanged. Lists and records need `isVerbose`. */
function describeMetadata(
  metadata: Json,
  table: TableModel | undefined,
  hasColumns: boolean,
  isVerbose: boolean,
): string[] {
  const lines: string[] = [...(table?.describe() ?? [])];
  for (const [name, value] of entries(metadata)) {
    if (name === "table") continue;
    const known = entries(value).filter(
      ([field, item]) => (!hasColumns || !SAID_OF_COLUMNS.has(field)) && (isVerbose || isScalar(item)),
    );
    const fields = known.map(([field, item]) => `${field} ${plain(item)}`);
    lines.push(`${name}: ${fields.length === 0 ? plain(value) : fields.join(", ")}`);
  }
  return lines;
}

/** Fields that the column lines already cover. */
const SAID_OF_COLUMNS: ReadonlySet<string> = new Set(["columns", "variables"]);

function hasTable(metadata: Json): boolean {
  return tableMetadata(metadata) !== undefined;
}

function isScalar(value: Json): boolean {
  return value !== null && typeof value !== "object";
}

function entries(value: Json): [string, Json][] {
  return typeof value === "object" && value !== null && !Array.isArray(value) ? Object.entries(value) : [];
}

function plain(value: Json): string {
  if (typeof value === "number" && !Number.isInteger(value)) return String(Number(value.toPrecision(6)));
  return typeof value === "string" ? value : shorten(JSON.stringify(value));
}

function shorten(text: string): string {
  return text.length > 60 ? `${text.slice(0, 57)}…` : text;
}
