import type { MemberTrainer } from "@pushforward/auto/extend";
import {
  describeDependent,
  equalColumns,
  findDependentColumns,
  hasFewValues,
  learnedTable,
  logPrintedWidth,
  shareBeyondRounding,
  shortList,
} from "@pushforward/columns/extend";
import { chooseColumns, describeRules, hasClusters, type RowLayout, RuleSearch } from "@pushforward/tables/extend";
import {
  type ColumnDeclarations,
  OptionError,
  parseDeclarations,
  type UnderstoodTable,
  type Variable,
} from "pushforward";
import { UsageError, UserError } from "../errors/user-error.ts";
import { fitCopula } from "../fit/copula-fitter.ts";
import { fitDensity } from "../fit/density-fitter.ts";
import {
  checkFitOptions,
  type FitCommandOptions,
  isFlowChosen,
  optionOfFlows,
  optionOfTables,
  refuseOptionsOfFlows,
} from "../fit/fit-command-options.ts";
import { fitModel } from "../fit/fit-model.ts";
import { type FlowJob, fitFlow } from "../fit/flow-fitter.ts";
import { type ColumnModelName, isColumnModel } from "../fit/flow-names.ts";
import { sampleIfLarge } from "../fit/large-table.ts";
import { fitNumeric } from "../fit/numeric-fitter.ts";
import { tellOfColumns, tellOfVariables, Voice } from "../fit/tell-of-columns.ts";
import { withMemberQueue } from "../jobs/members.ts";
import { quoted } from "../options/options.ts";
import { fileOrQuery } from "../options/read-options.ts";
import { checkTarget } from "../output/check-target.ts";
import { csvName } from "../output/words.ts";
import { type ChosenTable, readChosen } from "../reading/read-chosen.ts";
import { rereadableSource, understandFile } from "../reading/read-table.ts";
import { stoppable } from "../run/program-io.ts";

/** Fits of models of columns of any kinds. */
const COLUMN_FITTERS: Readonly<Record<ColumnModelName, typeof fitDensity>> = { table: fitDensity, copula: fitCopula };

/** Columns of numbers above which only a density of tables is fitted. */
const MOST_FLOW_COLUMNS = 1000;
/** Share of all cells that repeat beyond rounding, from which columns of numbers are learned as a table. */
const LEAST_REPEATED = 0.05;

/** The options as they were written: the kinds of columns are still text. */
type GivenOptions = Omit<FitCommandOptions, "declare"> & { readonly declare?: string };

/** Runs `pushforward fit`. */
export async function runFit(data: string | undefined, given: GivenOptions): Promise<void> {
  const { declare, ...others } = given;
  const options: FitCommandOptions = { ...others, ...(declare !== undefined && { declare: declarations(declare) }) };
  const file = fileOrQuery(data, options);
  checkFitOptions(options);
  const { out, force, flow, checkpoint, resume } = options;
  const isReplaced = await checkTarget({ path: out, inputs: [file], replaces: "model", force });
  if (checkpoint !== undefined) {
    const inputs = [file, out];
    await checkTarget({ flag: "--checkpoint", path: checkpoint, inputs, replaces: "nothing", force: force || resume });
  }
  const voice = new Voice(options.json === true, options.progress || options.json !== true);
  const opened = await rereadableSource(file, options, (text) => voice.notice(text));
  const { source, large } = await sampleIfLarge(opened, options, voice);
  if (options.redis !== undefined && large !== undefined) {
    throw new UserError(
      `${source.name}: expected a table that fits into memory for --redis, got ${large.totalRows} rows.`,
    );
  }
  const run = { file, source: source.name, options, voice, isReplaced, large };
  if (!isColumnModel(flow) && isFlowChosen(options)) {
    const chosen = await readChosen(source, options);
    tellOfColumns(chosen, voice);
    await learnFlow({ ...run, flow }, chosen);
    return;
  }
  const found = await understandFile(source, { ...options, preferNumbers: !isColumnModel(flow) });
  tellOfVariables(found, voice);
  checkLearned(found, options, source.name);
  const isWide = found.learned.length > MOST_FLOW_COLUMNS;
  const sentence = isColumnModel(flow) || !found.isNumeric ? undefined : whyTable(found, options, large);
  const asked = optionOfFlows(options) ?? ((options.hidden ?? []).length > 1 ? "--hidden" : undefined);
  const few = asked === undefined ? sentence : undefined;
  if (few !== undefined) voice.tell(`${few}; --flow nsf learns a density`);
  else if (sentence !== undefined && !isWide) {
    voice.notice(`${sentence} without ${asked}, which is an option of flows and selects a flow`);
  }
  if (isColumnModel(flow) || !found.isNumeric || isWide || few !== undefined) {
    if (!isColumnModel(flow))
      refuseOptionsOfFlows(options, (flag) => new UserError(whyNoFlow(flag, found, source.name)));
    if (options.redis !== undefined) throw new UserError(whyNoMembers(found, few, source.name));
    const fitColumns = COLUMN_FITTERS[isColumnModel(flow) ? flow : "table"];
    await stoppable(() => fitModel(run, () => fitColumns(run, found)));
    return;
  }
  const refused = optionOfTables({ ...options, rules: true });
  if (refused !== undefined) {
    throw new UserError(`${source.name}: all columns are numbers, which flows learn; ${refused} needs --flow table.`);
  }
  const { context = [], splitColumn } = options;
  const columns = found.learned.map(({ name }) => name).filter((name) => !context.includes(name));
  const chosen = chooseColumns(found.source, { columns, context, splitColumn }, source.name);
  const layout = { ...chosen, formats: digitsOf(chosen.columns, found.variables) };
  const isCompared = flow === "auto" && asked === undefined && context.length === 0 && large === undefined;
  if (isCompared && options.redis === undefined) {
    await stoppable(() => fitModel(run, () => fitNumeric({ ...run, flow }, found, layout)));
  } else await learnFlow({ ...run, flow }, { table: found.source, layout });
}

/** The digits of the numbers of some columns. */
function digitsOf(names: readonly string[], variables: readonly Variable[]): RowLayout["formats"] {
  const byName = new Map(variables.map((variable) => [variable.name, variable]));
  return names.map((name) => {
    const { decimals, significant } = byName.get(name)?.numberFormat ?? {};
    return { ...(decimals !== undefined && { decimals }), ...(significant !== undefined && { significant }) };
  });
}

/** Learns the density of numeric columns with a flow, here or by workers. */
async function learnFlow(job: FlowJob, chosen: Pick<ChosenTable, "table" | "layout">): Promise<void> {
  const { options, voice } = job;
  const learn = (memberTrainer?: MemberTrainer) => fitModel(job, () => fitFlow(job, chosen, memberTrainer));
  if (options.redis === undefined) await stoppable(() => learn());
  else await withMemberQueue(options, voice, learn);
}

/**
 * Notice that columns of numbers are better learned as a table, because most of them have few values or because some
 * have values that repeat, are in clusters, equal each other or keep a rule; undefined if flows learn the columns.
 */
function whyTable(found: UnderstoodTable, options: FitCommandOptions, large: unknown): string | undefined {
  const { context = [] } = options;
  const scored = found.learned.filter(({ name }) => !context.includes(name));
  const few = scored.filter(hasFewValues);
  if (2 * few.length <= scored.length) {
    const relations = findDependentColumns(learnedTable(found));
    const relation = relations.find(({ column }) => !context.includes(column));
    if (relation !== undefined) {
      const which = `"${relation.column}" (${describeDependent(relation)})`;
      return `other columns determine ${which}: the columns are learned as a table, which keeps such relations`;
    }
    if (context.length > 0 || large !== undefined) return undefined;
    const shares = scored.map((variable) => repeatedShare(variable, found));
    if (shares.reduce((sum, share) => sum + share, 0) >= LEAST_REPEATED * scored.length) {
      const which = shortList(scored.filter((_, k) => shares[k] !== 0).map(({ name }) => `"${name}"`));
      return `values repeat in ${which}: the columns are learned as a table, which keeps repeated values`;
    }
    const clustered = scored.filter((variable) => hasClusters(numbersOf(variable, found)));
    if (clustered.length > 0) {
      const which = shortList(clustered.map(({ name }) => `"${name}"`));
      return `numbers are in clusters in ${which}: the columns are learned as a table, which keeps clusters`;
    }
    const [equal] = equalColumns(scored, found.table);
    if (equal !== undefined) {
      const which = shortList(equal.map((name) => `"${name}"`));
      return `cells are often equal in ${which}: the columns are learned as a table, which keeps equal cells`;
    }
    if (!options.rules) return undefined;
    const names = scored.map(({ name }) => name);
    const [rule, ...others] = describeRules(new RuleSearch(found.table, names, () => "number").tied);
    if (rule === undefined) return undefined;
    const which = `${rule}${others.length > 0 ? ` and ${others.length} more` : ""}`;
    return `in all rows ${which}: the columns are learned as a table, which keeps rules`;
  }
  const which = few.length === scored.length ? "all" : `${few.length} of ${scored.length}`;
  return `${which} columns have few values: they are learned by their probabilities`;
}

/** Share of the numbers of a column that repeat but would not repeat in the rounded samples of a flow. */
function repeatedShare(variable: Variable, found: UnderstoodTable): number {
  const { numberFormat: { decimals, significant } = {}, min = 0, max = 0 } = variable;
  const isRounded = variable.step !== undefined || decimals !== undefined || significant !== undefined;
  const step = isRounded ? Math.exp(logPrintedWidth(variable, Math.max(Math.abs(min), Math.abs(max)))) : 0;
  return shareBeyondRounding(numbersOf(variable, found), step);
}

/** The numbers of a column; none for a column of texts. */
function numbersOf({ name }: Variable, { table }: UnderstoodTable): Float64Array {
  const column = table.columns.find((one) => one.name === name);
  return column?.kind === "number" ? column.values : new Float64Array();
}

/** Explains why an option of flows has no meaning for a table. */
function whyNoFlow(flag: string, { learned }: UnderstoodTable, file: string): string {
  const isBounded = (kind: string): boolean => kind === "positive" || kind === "interval" || kind === "circular";
  const other = learned.find(({ kind, missingRows }) => missingRows > 0 || (kind !== "real" && kind !== "integer"));
  const got =
    other === undefined
      ? ""
      : `, and column "${other.name}" ${other.missingRows > 0 ? "has missing cells" : isBounded(other.kind) ? `is declared as ${other.kind}` : `is ${other.kind === "ordinal" ? "an" : "a"} ${other.kind}`}`;
  return `${file}: ${flag} is an option of flows, which learn numbers without missing cells${got}. Leave the option out, or name numeric columns in --columns.`;
}

/** Why a table has no members that workers could train. */
function whyNoMembers(found: UnderstoodTable, few: string | undefined, file: string): string {
  if (!found.isNumeric) return whyNoFlow("--redis", found, file);
  const why = few ?? `the table has ${found.learned.length} columns, which are learned one by one`;
  return `${file}: --redis works only with flows of --flow auto, and ${why}. Leave it out, or change --columns.`;
}

/** @throws {UserError} no column to learn, or a requested column cannot be learned. */
function checkLearned(
  { variables, learned }: UnderstoodTable,
  { columns = [], context = [] }: FitCommandOptions,
  file: string,
): void {
  const kept = variables.filter((variable) => !learned.includes(variable));
  const given = kept.find(({ name }) => context.includes(name));
  if (given !== undefined) {
    const got = given.distinct === 0 ? "missing cells only" : whatKept(given);
    throw new UserError(`${file}, column "${given.name}": expected a column to condition on, got ${got}.`);
  }
  if (learned.length > 0 && learned.every(({ name }) => context.includes(name))) {
    throw new UserError(`${file}: expected a column to learn in addition to the context, got none.`);
  }
  if (learned.length === 0 && columns.length === 0 && kept.length !== 1) {
    const names = shortList(kept.map(({ name, kind }) => `"${name}" (${kind})`));
    throw new UserError(
      `${file}: expected a column to learn, got ${names === "" ? "none" : names}. Pass --declare to learn one nevertheless.`,
    );
  }
  const asked = kept.find(({ name }) => columns.includes(name)) ?? (learned.length === 0 ? kept[0] : undefined);
  if (asked === undefined) return;
  const { name, distinct } = asked;
  if (distinct === 0) {
    throw new UserError(`${file}, column "${name}": expected values to learn, got missing cells only.`);
  }
  throw new UserError(
    `${file}, column "${name}": expected a column to learn, got ${whatKept(asked)}. To learn it nevertheless, pass --declare ${quoted(`${csvName(name)}:category`)} (or integer, real, date).`,
  );
}

/** Describes a column that is kept, not learned. */
function whatKept({ kind }: Variable): string {
  return kind === "id" ? "an identifier of the rows" : "free text";
}

/** The kinds of columns, for instance `age:integer,when:date`. */
function declarations(text: string): ColumnDeclarations {
  try {
    return parseDeclarations(text);
  } catch (error) {
    if (error instanceof OptionError) throw new UsageError(`--${error.message}`);
    throw error;
  }
}
