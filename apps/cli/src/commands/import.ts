import { readFile } from "node:fs/promises";
import {
  type ImportNflowsOptions,
  type ImportZukoOptions,
  importNflows,
  importZuko,
  type ReferenceDensity,
} from "@pushforward/interop";
import { saveModel } from "@pushforward/serialization/node";
import { layoutKinds, layoutNames, layoutToJson, type RowLayout, tableRows } from "@pushforward/tables/extend";
import {
  type BackendName,
  type ConditionalFlow,
  Flow,
  ModelFileError,
  PushforwardError,
  parameterCount,
  standardRegistry,
} from "pushforward";
import { UsageError, UserError } from "../errors/user-error.ts";
import { flagName, flagWords } from "../options/options.ts";
import { checkTarget, written } from "../output/check-target.ts";
import { print, say } from "../output/terminal.ts";
import { readTable, tableSource } from "../reading/read-table.ts";
import { located } from "../run/program-io.ts";
import { startBackend } from "../run/start-backend.ts";

interface ImportOptions {
  readonly from: "zuko" | "nflows";
  readonly out: string;
  readonly columns?: readonly string[];
  readonly context?: readonly string[];
  readonly flow?: NonNullable<ImportZukoOptions["flow"]>;
  readonly zukoVersion?: string;
  readonly slope?: number;
  readonly bound?: number;
  readonly polynomials?: number;
  readonly tailBound?: number;
  readonly activation?: NonNullable<ImportZukoOptions["activation"]>;
  readonly softmaxScale?: number;
  readonly spline?: NonNullable<ImportNflowsOptions["spline"]>;
  readonly features?: number;
  readonly affine?: NonNullable<ImportZukoOptions["affine"]>;
  readonly covariance?: NonNullable<ImportZukoOptions["covariance"]>;
  readonly tied?: boolean;
  readonly epsilon?: number;
  readonly reference?: string;
  readonly tolerance?: number;
  readonly backend: BackendName;
  readonly force?: boolean;
  readonly json?: boolean;
}

/** Options that one library's files alone need. */
const OWNERS: ReadonlyMap<keyof ImportOptions, "zuko" | "nflows"> = new Map([
  ["flow", "zuko"],
  ["zukoVersion", "zuko"],
  ["slope", "zuko"],
  ["bound", "zuko"],
  ["polynomials", "zuko"],
  ["features", "zuko"],
  ["affine", "zuko"],
  ["covariance", "zuko"],
  ["tied", "zuko"],
  ["epsilon", "zuko"],
  ["tailBound", "nflows"],
  ["softmaxScale", "nflows"],
  ["spline", "nflows"],
]);

/** Runs `pushforward import`. */
export async function runImport(file: string, options: ImportOptions): Promise<void> {
  for (const [name, owner] of OWNERS) {
    if (owner === options.from || options[name] === undefined) continue;
    throw new UsageError(`${flagName(name)}: expected --from ${owner}, got --from ${options.from}.`);
  }
  if (options.tolerance !== undefined && options.reference === undefined) {
    throw new UsageError("--tolerance: expected --reference, got none.");
  }
  const { reference: referenceFile, out } = options;
  const inputs = [file, ...(referenceFile === undefined ? [] : [referenceFile])];
  const isReplaced = await checkTarget({ path: out, inputs, replaces: "model", force: options.force });
  const bytes = await readFile(located(file)).catch((error: Error) => {
    throw new UserError(`${file}: expected a file that can be read, got ${error.message}.`);
  });
  await startBackend(options.backend);
  // With a reference, what the file does not show is assumed at first, and the densities tell whether it is so.
  const assumed = referenceFile === undefined ? {} : ({ spline: "rational-quadratic", affine: "plain" } as const);
  const layout = importedLayout(file, read(file, bytes, { ...assumed, ...options }), options);
  const reference =
    referenceFile === undefined ? undefined : await readReference(referenceFile, layout, options.tolerance);
  using flow = read(file, bytes, options, reference);
  await saveModel(located(out), flow, standardRegistry, {
    metadata: { table: layoutToJson(layout), import: { library: options.from, file } },
  });
  const parameters = parameterCount(flow.parameters());
  const context = layout.context.map(({ name }) => name);
  if (options.json === true) {
    const checked = reference?.logProb.length ?? 0;
    const report = { library: options.from, columns: layout.columns, context, parameters, checked, model: out };
    await print(`${JSON.stringify(report)}\n`);
    return;
  }
  const given = context.length === 0 ? "" : ` given ${context.join(", ")}`;
  say(
    `${options.from}: ${parameters} parameters, the density of ${layout.columns.join(", ")}${given}`,
    reference === undefined
      ? `Not checked: a state_dict does not show everything, for instance the activation, the smallest bins of splines or a ` +
          `last transform without parameters. Compare with densities that ${options.from} computes: --reference.`
      : `${reference.logProb.length} log-densities as in ${referenceFile}`,
    ...differences(flow),
    `model: ${written(out, isReplaced)}`,
  );
}

/** Lists known differences between the model and its library, which a reference within its support does not show. */
function differences(flow: Flow | ConditionalFlow): string[] {
  const types = JSON.stringify(standardRegistry.encode(flow));
  const has = (type: string): boolean => types.includes(`"pushforward/${type}"`);
  const notes: string[] = [];
  if (has("circular-rational-quadratic")) {
    notes.push("Angles outside of [-π, π] have density 0 here, while zuko wraps them: reduce them modulo 2π.");
  }
  if (["gaussianization", "deep-sigmoid", "monotone-integral"].some(has)) {
    notes.push("Draws outside of the range of the model are very large numbers of density 0 here, and ±10 in zuko.");
  }
  return notes;
}

function read(
  file: string,
  bytes: Uint8Array,
  options: ImportOptions,
  reference?: ReferenceDensity,
): Flow | ConditionalFlow {
  const { activation } = options;
  const common = { ...(activation && { activation }), ...(reference && { reference }) };
  try {
    if (options.from === "nflows") {
      return importNflows(bytes, {
        ...common,
        ...given(options, ["tailBound", "softmaxScale", "spline"]),
      } as ImportNflowsOptions);
    }
    const version = options.zukoVersion === undefined ? {} : { version: options.zukoVersion };
    const own = given(options, [
      "flow",
      "slope",
      "bound",
      "polynomials",
      "features",
      "covariance",
      "tied",
      "epsilon",
      "affine",
    ]);
    return importZuko(bytes, { ...common, ...version, ...own } as ImportZukoOptions);
  } catch (error) {
    if (!(error instanceof PushforwardError)) throw error;
    const isOther = error instanceof ModelFileError && ["header", "limit"].includes(error.reason);
    const hint = isOther ? " Is it a safetensors file?" : "";
    throw new UserError(error.tell(flagWords).replace(/^(import\w+|safetensors): /, `${file}: `) + hint);
  }
}

function given(options: ImportOptions, keys: readonly (keyof ImportOptions)[]): Partial<ImportOptions> {
  return Object.fromEntries(keys.flatMap((key) => (options[key] === undefined ? [] : [[key, options[key]]])));
}

/**
 * Returns the names of the columns, with a check of their number against the model; the model is only inspected, and
 * disposed.
 */
function importedLayout(file: string, flow: Flow | ConditionalFlow, { columns, context }: ImportOptions): RowLayout {
  const contextWidth = flow instanceof Flow ? 0 : (flow.contextShape.at(-1) as number);
  const base = flow.base;
  const size = "eventShape" in base ? base.eventShape.at(-1) : "features" in base ? (base.features as number) : 0;
  flow.dispose();
  const named = (flag: string, letter: string, count: number, names?: readonly string[]): readonly string[] => {
    if (names !== undefined && names.length !== count) {
      throw new UserError(`${file}: expected ${flag} with ${count} names, got ${names.length}.`);
    }
    return names ?? Array.from({ length: count }, (_, i) => `${letter}${i + 1}`);
  };
  const layout = {
    columns: named("--columns", "x", size as number, columns),
    context: named("--context", "c", contextWidth, context).map((name) => ({ name, kind: "number" as const })),
  };
  const twice = layout.context.find(({ name }) => layout.columns.includes(name));
  if (twice !== undefined)
    throw new UserError(`${file}: column "${twice.name}" is named both as a column and as context.`);
  return layout;
}

async function readReference(
  file: string,
  layout: RowLayout,
  tolerance: number | undefined,
): Promise<ReferenceDensity> {
  const source = await tableSource(file);
  const kinds = { ...layoutKinds(layout), log_density: "number" as const };
  const table = await readTable(source, { columns: [...layoutNames(layout), "log_density"], kinds });
  const scores = table.columns.find(({ name }) => name === "log_density");
  const { x, context } = tableRows(table, layout, source.name);
  return {
    x,
    ...(context && { context }),
    logProb: scores?.values as Float64Array,
    ...(tolerance !== undefined && { tolerance }),
  };
}
