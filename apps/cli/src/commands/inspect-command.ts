import { Command } from "commander";
import { describe, type Json, type Module, parameterCount, standardRegistry } from "pushforward";
import { isConditionalDistribution, isDistribution, ops, tableMetadata, tableSchemaFromJson } from "pushforward/extend";
import { loadModel } from "pushforward/node";
import { path } from "../options/options.ts";
import { print, printLines } from "../output/terminal.ts";

/** `pushforward inspect`: what is in a model file. */
export function inspectCommand(): Command {
  return new Command("inspect")
    .description("Show what is in a model file: its columns, how it was fitted, the tree of the model.")
    .argument("<model.safetensors>", "the model", path)
    .option("--json", "print one JSON document on standard output")
    .action(runInspect);
}

async function runInspect(file: string, options: { readonly json?: boolean }): Promise<void> {
  const { model, metadata } = await loadModel<Module>(file, standardRegistry, { is: isModule });
  const tree = model.parameters();
  const plan = planOf(model, metadata);
  if (options.json === true) {
    const parameters = [...tree].map(([path, p]) => ({ path, shape: p.shape, trainable: p.trainable }));
    await print(`${JSON.stringify({ metadata, model: standardRegistry.encode(model), parameters, plan })}\n`);
    return;
  }
  await printLines([
    `${file}: ${parameterCount(tree)} parameters in ${tree.size} arrays`,
    ...describeMetadata(metadata),
    describePlan(plan),
    "",
    ...describe(model).split("\n"),
  ]);
}

function isModule(value: unknown): value is Module {
  return typeof value === "object" && value !== null && "parameters" in value && typeof value.parameters === "function";
}

/** How the density is computed: as a plan of so many steps, or with tensors, for a reason. */
type PlanReport = { readonly steps: number } | { readonly reason: string };

function planOf(model: Module, metadata: Json): PlanReport {
  const table = tableMetadata(metadata);
  if (!isDistribution(model) && !isConditionalDistribution(model)) return { reason: "it is no distribution" };
  if (!isDistribution(model) && table === undefined) return { reason: "its columns are not in the file" };
  const columns = table === undefined ? undefined : tableSchemaFromJson(table).columns.length;
  const { plan, reason } = ops.planLogProb(model, columns);
  return plan === undefined ? { reason } : { steps: plan.steps.length };
}

function describePlan(report: PlanReport): string {
  const how = "steps" in report ? `a plan of ${report.steps} steps` : `tensors, because ${report.reason}`;
  return `density computed by: ${how}`;
}

/** What `fit` wrote in words; anything else as it is. */
function describeMetadata(metadata: Json): string[] {
  const lines: string[] = [];
  const table = tableMetadata(metadata);
  if (table !== undefined) {
    const { columns, context } = tableSchemaFromJson(table);
    lines.push(`columns: ${columns.join(", ")}`);
    for (const c of context)
      lines.push(`given: ${c.name}${c.kind === "number" ? "" : ` (${shorten(c.categories.join(", "))})`}`);
  }
  for (const [name, value] of entries(metadata)) {
    if (name === "table") continue;
    const fields = entries(value).map(([field, item]) => `${field} ${plain(item)}`);
    lines.push(`${name}: ${fields.length === 0 ? plain(value) : fields.join(", ")}`);
  }
  return lines;
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
