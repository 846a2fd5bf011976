import { Command, Option } from "commander";
import { chooseColumns, hasFewValues, type UnderstoodTable, type Variable } from "pushforward/extend";
import { UserError } from "../errors/user-error.ts";
import {
  checkFitOptions,
  type FitCommandOptions,
  isFlowChosen,
  optionOfFlows,
  optionOfTables,
  refuseOptionsOfFlows,
} from "../fit/fit-command-options.ts";
import { FLOW_NAMES } from "../fit/flow-choice.ts";
import { sampleIfLarge } from "../fit/large-table.ts";
import { runDensity } from "../fit/run-density.ts";
import { runFlow } from "../fit/run-flow.ts";
import { tellOfColumns, tellOfVariables } from "../fit/tell-of-columns.ts";
import { Voice } from "../fit/voice.ts";
import { declarations } from "../options/declarations.ts";
import {
  contaminatedShare,
  fraction,
  integer,
  names,
  path,
  positive,
  threadCount,
  widths,
} from "../options/options.ts";
import { addQueryOption, DATA_ARGUMENT, fileOrQuery } from "../options/query-option.ts";
import { addReadOptions } from "../options/read-options.ts";
import { redisOption } from "../options/redis-option.ts";
import { forceOption, requireOption } from "../options/require-option.ts";
import { checkTarget } from "../output/check-target.ts";
import { csvName } from "../output/csv-name.ts";
import { quoted } from "../output/quoted.ts";
import { shortList } from "../output/short-list.ts";
import { readChosen } from "../reading/read-chosen.ts";
import { rereadableSource } from "../reading/read-table.ts";
import { understandFile } from "../reading/understand-file.ts";

/** Sizes beyond which a mistake is more likely than a model. */
const MAX_TRANSFORMS = 1000;
const MAX_BINS = 1000;
const MAX_MEMBERS = 100;
/** Rows below which a sample says little of a table. */
const LEAST_MEMORY_ROWS = 100;
/** Columns of numbers above which only a density of tables is fitted. */
const MOST_FLOW_COLUMNS = 1000;

/** `pushforward fit`: learns the density of a table. */
export function fitCommand(): Command {
  const command = new Command("fit")
    .description(
      "Learn the density of the columns of a table: numbers, categories, dates, with or without missing cells.",
    )
    .argument("[data]", DATA_ARGUMENT, path)
    .usage("<data> --out <model.safetensors> [options]");
  requireOption(command, new Option("--out <model.safetensors>", "where the model goes"));
  command
    .addOption(forceOption())
    .addOption(
      new Option("--flow <name>", "architecture; table: the density of any table").choices(FLOW_NAMES).default("auto"),
    )
    .addOption(
      new Option("--quality <name>", "of auto: one flow, a mixture of two or three, or of six").choices([
        "fast",
        "default",
        "best",
      ]),
    )
    .option(
      "--declare <kinds>",
      'what columns are: "age:integer,zip:category,when:date(%d/%m/%Y),pay:positive,score:interval(0,100),angle:circular(360),size:ordinal(S<M<L)"; also real, boolean, id, text',
      declarations,
    )
    .option("--select", "of auto: keep the best flow alone instead of a mixture")
    .option("--no-dequantize", "of auto: learn integers and other steps as they are, without noise")
    .option("--kernel-baseline", "of auto: also measure a kernel density estimate; not with --context")
    .option("--columns <names>", "columns to learn, with commas between them (default: all that have a density)", names)
    .option("--context <names>", "columns to condition on: they are given, not learned", names)
    .option("--split-column <name>", "a column that says train, val or test for each row")
    .option(
      "--validation <fraction>",
      "rows held out for early stopping, where no column says val (default: 0.1)",
      fraction,
    );
  return addReadOptions(
    addQueryOption(command),
    "learn the numeric columns only, and refuse rows with missing values in them or leave them out (default: learn all columns, and that cells are missing)",
  )
    .option(
      "--memory-rows <n>",
      "rows that are held in memory; of a larger table a random sample of so many, and a density of numbers is trained on all rows from disk (default: what takes about a gigabyte)",
      integer(LEAST_MEMORY_ROWS),
    )
    .option("--epochs <n>", "maximum number of epochs", integer(1))
    .option("--patience <n>", "epochs without improvement before it stops", integer(1))
    .option("--batch-size <n>", "batch size", integer(1))
    .option("--learning-rate <x>", "initial learning rate (cosine decay to 0)", positive)
    .option("--transforms <n>", "layers of the flow", integer(1, MAX_TRANSFORMS))
    .option("--hidden <sizes>", "widths of the networks, for instance 64,64", widths)
    .option("--bins <n>", "bins of a spline", integer(2, MAX_BINS))
    .option(
      "--members <n>",
      "of a table: most networks per column, whose probabilities are averaged (default: up to 3, while they help)",
      integer(1, MAX_MEMBERS),
    )
    .option(
      "--checkpoint <file>",
      "of a table: save the state of the fit there every few seconds, and remove it at the end",
      path,
    )
    .addOption(
      redisOption(
        "of auto: have the members trained by pushforward worker on any number of machines, to the same model",
      ),
    )
    .option(
      "--jobs <folder>",
      "with --redis: where the machines exchange rows and members, removed at the end (default: the file of --out with .jobs)",
      path,
    )
    .option(
      "--resume",
      "go on from the file of --checkpoint, or with the members in the folder of --jobs, to the same model",
    )
    .option("--no-anomalies", "do not learn which rows are odd, for score --top, --p-value and --explain")
    .option(
      "--contaminated <share>",
      "the share of the rows that may be odd themselves, when it is learned which are",
      contaminatedShare,
    )
    .option("--seed <n>", "decides every random number", integer(0), 0)
    .addOption(new Option("--backend <name>", "compute backend").choices(["wasm", "cpu"]).default("wasm"))
    .option("--threads <n>", "threads that train; the same number gives the same model", threadCount, "auto")
    .option("--json", "print one JSON document on standard output, and nothing else")
    .option("--progress", "with --json: tell the progress on standard error, too")
    .action((file: string | undefined, options: FitCommandOptions) => runFit(fileOrQuery(file, options), options));
}

async function runFit(file: string, options: FitCommandOptions): Promise<void> {
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
  if (flow !== "table" && isFlowChosen(options)) {
    const chosen = await readChosen(source, options);
    tellOfColumns(chosen, voice);
    await runFlow({ ...run, flow }, chosen);
    return;
  }
  const found = await understandFile(source, { ...options, preferNumbers: flow !== "table" });
  tellOfVariables(found, voice);
  checkLearned(found, options, source.name);
  const isWide = found.learned.length > MOST_FLOW_COLUMNS;
  const few = flow === "table" || !found.isNumeric ? undefined : fewValuesSentence(found, options);
  if (few !== undefined) voice.tell(few);
  if (flow === "table" || !found.isNumeric || isWide || few !== undefined) {
    if (flow !== "table") refuseOptionsOfFlows(options, (flag) => new UserError(whyNoFlow(flag, found, source.name)));
    if (options.redis !== undefined) throw new UserError(whyNoMembers(found, few, source.name));
    await runDensity(run, found);
    return;
  }
  const refused = optionOfTables(options);
  if (refused !== undefined) {
    throw new UserError(`${source.name}: all columns are numbers, which flows learn; ${refused} needs --flow table.`);
  }
  const { context = [], splitColumn } = options;
  const columns = found.learned.map(({ name }) => name).filter((name) => !context.includes(name));
  const schema = chooseColumns(found.source, { columns, context, splitColumn }, source.name);
  await runFlow({ ...run, flow }, { table: found.source, schema });
}

/** That most columns of numbers have few values and are better learned as a table; undefined where flows learn them. */
function fewValuesSentence({ learned }: UnderstoodTable, options: FitCommandOptions): string | undefined {
  const { context = [], hidden = [] } = options;
  const scored = learned.filter(({ name }) => !context.includes(name));
  const few = scored.filter(hasFewValues);
  if (2 * few.length <= scored.length || optionOfFlows(options) !== undefined || hidden.length > 1) return undefined;
  const which = few.length === scored.length ? "all" : `${few.length} of ${scored.length}`;
  return `${which} columns have few values: they are learned by their probabilities; --flow nsf learns a density`;
}

/** Why an option of flows says nothing to a table. */
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
  const why = few ?? `there are ${found.learned.length} columns, which are learned one by one`;
  return `${file}: --redis is for the flows of auto, and ${why}. Leave it out, or name other columns in --columns.`;
}

/** @throws {UserError} there is nothing to learn, or a column that was asked for cannot be learned. */
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
    throw new UserError(`${file}: expected a column to learn besides the context, got none.`);
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

/** What a column is that is kept, not learned. */
function whatKept({ kind }: Variable): string {
  return kind === "id" ? "an identifier of the rows" : "free text";
}
