import type { BackendName, ColumnDeclarations, Quality } from "pushforward";
import { UsageError, UserError } from "../errors/user-error.ts";
import type { QueryOptions, ReadOptions } from "../options/read-options.ts";
import { type FitFlow, isColumnModel, SPLINE_FLOWS } from "./flow-names.ts";

/** The options of `pushforward fit`. */
export interface FitCommandOptions extends ReadOptions, QueryOptions {
  readonly out: string;
  readonly force?: boolean;
  readonly declare?: ColumnDeclarations;
  readonly flow: FitFlow;
  readonly quality?: Quality;
  readonly select?: boolean;
  readonly dequantize: boolean;
  readonly kernelBaseline?: boolean;
  readonly columns?: readonly string[];
  readonly context?: readonly string[];
  readonly splitColumn?: string;
  readonly validation?: number;
  readonly memoryRows?: number;
  readonly epochs?: number;
  readonly patience?: number;
  readonly batchSize?: number;
  readonly learningRate?: number;
  readonly transforms?: number;
  readonly hidden?: readonly number[];
  readonly bins?: number;
  readonly members?: number;
  readonly rules: boolean;
  readonly checkpoint?: string;
  readonly redis?: string;
  readonly jobs?: string;
  readonly resume?: boolean;
  readonly keepPartial?: boolean;
  readonly anomalies: boolean;
  readonly contaminated?: number;
  readonly seed: number;
  readonly backend: BackendName;
  readonly threads: number | "auto";
  readonly json?: boolean;
  readonly progress?: boolean;
}

/**
 * Returns `true` if the user has selected numeric columns for a flow, by naming a flow or by choosing a treatment of
 * rows with missing values. Otherwise the table decides.
 */
export function isFlowChosen({ flow, missing }: FitCommandOptions): boolean {
  return (flow !== "auto" && !isColumnModel(flow)) || missing !== undefined;
}

/**
 * Rejects options that contradict each other, before any file is read.
 *
 * @throws {UsageError} naming the first conflicting option.
 */
export function checkFitOptions(options: FitCommandOptions): void {
  const { flow, bins, context, kernelBaseline, missing, redis } = options;
  if (options.resume && options.checkpoint === undefined && redis === undefined) {
    throw new UsageError("--resume: expected --checkpoint with the file to continue from, or --redis, got neither.");
  }
  if (options.jobs !== undefined && redis === undefined) throw new UsageError("--jobs: expected --redis, got none.");
  if (redis !== undefined) refuseOptionsBesideRedis(options);
  if (isColumnModel(flow)) {
    if (missing !== undefined) throw new UsageError(`--missing: expected --flow auto or a flow, got ${flow}.`);
    refuseOptionsOfFlows(options, (name) => new UsageError(`${name}: expected --flow auto or a flow, got ${flow}.`));
    if (flow !== "table") refuseOptionsOfNetworks(options);
    return;
  }
  if (bins !== undefined && !SPLINE_FLOWS.includes(flow)) {
    throw new UsageError(`--bins: expected a flow of splines (${SPLINE_FLOWS.join(", ")}), got ${flow}.`);
  }
  if (flow !== "auto") refuseOptionsOfAuto(options);
  if (kernelBaseline && context !== undefined) {
    throw new UsageError("--kernel-baseline: expected no --context, got one. The estimate has no conditional density.");
  }
  if (!isFlowChosen(options)) return;
  const chosen = flow !== "auto" ? `--flow ${flow}` : `--missing ${missing}`;
  const refused = options.declare !== undefined ? "--declare" : optionOfTables(options);
  if (refused !== undefined) throw new UsageError(`${refused}: expected --flow table, got ${chosen}.`);
}

/** Returns the first option without meaning for a density of any table, or undefined. */
export function optionOfFlows(options: FitCommandOptions): string | undefined {
  const named = [
    ["--select", options.select],
    ["--no-dequantize", options.dequantize ? undefined : true],
    ["--kernel-baseline", options.kernelBaseline],
    ["--patience", options.patience],
    ["--batch-size", options.batchSize],
    ["--learning-rate", options.learningRate],
    ["--transforms", options.transforms],
    ["--bins", options.bins],
  ] as const;
  return named.find(([, value]) => value !== undefined)?.[0];
}

/** Networks per column of a density of tables, at most; without a number, its default. */
export function membersOf({ members, quality }: FitCommandOptions): number | undefined {
  return members ?? (quality === "fast" ? 1 : quality === "best" ? 6 : undefined);
}

/** Returns the first option without meaning for a flow, or undefined. */
export function optionOfTables({ members, rules, checkpoint }: FitCommandOptions): string | undefined {
  if (members !== undefined) return "--members";
  return rules ? checkpoint && "--checkpoint" : "--no-rules";
}

/** Rejects options without meaning for a density of any table. */
export function refuseOptionsOfFlows(options: FitCommandOptions, refusal: (flag: string) => Error): void {
  const { hidden = [] } = options;
  const name = optionOfFlows(options);
  if (name !== undefined) throw refusal(name);
  if (hidden.length > 1) {
    throw new UserError(`--hidden: expected one width for the networks of a table, got ${hidden.join(",")}.`);
  }
}

/** Refuses options of networks for a model without any. */
function refuseOptionsOfNetworks(options: FitCommandOptions): void {
  const { flow, quality, epochs, hidden } = options;
  const named = { "--quality": quality, "--epochs": epochs, "--hidden": hidden };
  const [name = optionOfTables(options)] = Object.entries(named).find(([, value]) => value !== undefined) ?? [];
  if (name !== undefined) throw new UsageError(`${name}: expected --flow auto, table or a flow, got ${flow}.`);
}

/** Rejects options that need a single machine. */
function refuseOptionsBesideRedis({ flow, checkpoint, keepPartial }: FitCommandOptions): void {
  if (keepPartial) {
    throw new UsageError("--redis: expected no --keep-partial, got it. The folder of --jobs keeps trained members.");
  }
  if (flow !== "auto") throw new UsageError(`--redis: expected --flow auto, got ${flow}.`);
  if (checkpoint !== undefined) {
    throw new UsageError("--redis: expected no --checkpoint, got one. The folder of --jobs keeps trained members.");
  }
}

/** Rejects options without meaning for a flow of a fixed form. */
function refuseOptionsOfAuto(options: FitCommandOptions): void {
  const { flow } = options;
  const named = [
    ["--quality", options.quality],
    ["--select", options.select],
    ["--kernel-baseline", flow === "gmm" ? undefined : options.kernelBaseline],
    ["--no-dequantize", options.dequantize || flow === "gmm" ? undefined : true],
  ] as const;
  for (const [name, value] of named) {
    if (value !== undefined) throw new UsageError(`${name}: expected --flow auto, got ${flow}.`);
  }
}
