import { createKey, type Key, OptionError } from "@pushforward/core";
import { logSumExp } from "@pushforward/core/plain";
import type { Table } from "@pushforward/datasets";
import { getColumn } from "@pushforward/datasets/extend";
import type { RowDensity } from "@pushforward/tables";
import { CategoryCoding, canOccur, cellAt, columnFromCells } from "@pushforward/tables/extend";
import { type Conditions, type ResolvedConditions, resolveConditions } from "../condition.ts";
import { type JointDensity, jointDensity } from "../proposals.ts";
import type { AskedModel } from "./asked-model.ts";

/** A question for a probability. */
export interface ProbabilityOptions {
  /** The event: its probability is the answer. */
  readonly of: Conditions;
  /** Known conditions, including the context of a conditional model. Default: none. */
  readonly given?: Conditions | undefined;
  /** Target for the effective number of draws. */
  readonly draws: number;
  readonly seed: number;
}

/** The probability of conditions. */
export interface ConditionProbability {
  readonly probability: number;
  /** Monte Carlo standard error; 0 for an exact probability. */
  readonly standardError: number;
  /** Effective sample size of the draws; null for an exact probability. */
  readonly effectiveSampleSize: number | null;
  readonly isExact: boolean;
  /** Reason to doubt the answer. */
  readonly warning: string | null;
}

/** Maximum number of rows in an exact sum. */
const MOST_EXACT_ROWS = 20_000;
/** Rows per block, and maximum number of rows per requested draw. */
const BLOCK = 10_000;
const MOST_PER_DRAW = 20;
/** Minimum share of draws that meet the known conditions, for rejection sampling. */
const LEAST_SHARE = 0.1;
const FEW_DRAWS = 100;

type Cell = number | string | undefined;

/**
 * Computes the probability of an event given conditions, `P(income > 50,000 | age = 30)`. It is an exact sum if all
 * unknown columns have few values. Otherwise it is a Monte Carlo estimate: from samples of the model if only ranges and
 * sets are known or the model is conditional, and from weighted samples of the conditional distribution if cells are
 * known.
 *
 * The conditions are checked immediately; the returned function computes the answer.
 *
 * @param file name of the model, for messages.
 * @returns a function that takes the preparation of the model for questions and calls it only if needed: it takes
 * seconds.
 * @throws {DataError} an unknown column or category, or a value of the wrong kind.
 * @throws {OptionError} no condition, conditions that no row meets, or a conditional model without its context.
 * @example
 * const answer = (model: LoadedModel, ask: () => Promise<Pick<AskedModel, "questions">>) =>
 *   conditionProbability(model, "model.safetensors", { of: { size: { above: 2 } }, draws: 1000, seed: 0 })(ask);
 */
export function conditionProbability(
  model: RowDensity,
  file: string,
  { of, given = {}, draws, seed }: ProbabilityOptions,
): (ask: () => Promise<Pick<AskedModel, "questions">>) => Promise<ConditionProbability> {
  if (Object.keys(of).length === 0) throw new OptionError("of: expected conditions, got none.");
  const density = jointDensity(model);
  const { context, known } = splitContext(model, file, given);
  const [wanted, met] = [
    resolveConditions(of, density, { where: "of", mayBeImpossible: true }),
    resolveConditions(known, density),
  ];
  const key = createKey(seed).fold("probability");
  return async (ask) => {
    if (context !== undefined) return direct(model, key, { wanted, met, draws, context }, true) as ConditionProbability;
    const exact = byWhatIsKnown(wanted, met) ?? byEnumeration(density, wanted, met);
    if (exact !== undefined) return exact;
    const drawn = met.fixed.size > 0 ? undefined : direct(model, key, { wanted, met, draws }, false);
    if (drawn !== undefined) return drawn;
    const { questions } = await ask();
    const answer = questions.given(known, {
      key,
      draws,
      rows: MOST_PER_DRAW * draws,
      block: Math.max(2000, draws / 4),
    });
    const { table, weights, effectiveSampleSize, warning } = answer;
    return estimate(meets(table, wanted), weights, effectiveSampleSize, warning);
  };
}

/** Separates the context of a conditional model, one row, from the other known conditions. */
function splitContext(
  { context: names }: RowDensity,
  file: string,
  given: Conditions,
): { readonly context: Table | undefined; readonly known: Conditions } {
  if (names.length === 0) return { context: undefined, known: given };
  const columns = names.map((name) => {
    const value = given[name];
    if (typeof value === "number" || typeof value === "string") {
      return columnFromCells(name, typeof value === "number" ? "number" : "text", [value]);
    }
    throw new OptionError(
      `${file}: expected given with a value for each context column (${names.join(", ")}), got none for ${name}.`,
    );
  });
  const known = Object.entries(given).filter(([name]) => !names.includes(name));
  return { context: { rows: 1, columns }, known: Object.fromEntries(known) };
}

/** Returns a flag for each row: `true` if it meets the conditions. */
function meets(table: Table, { fixed, tests }: ResolvedConditions): boolean[] {
  const all: [string, (cell: Cell) => boolean][] = [
    ...[...fixed].map(([name, value]): [string, (cell: Cell) => boolean] => [name, (cell) => cell === value]),
    ...tests,
  ];
  const columns = all.map(([name, test]) => ({ column: getColumn(table, name), test }));
  return Array.from({ length: table.rows }, (_, row) => columns.every(({ column, test }) => test(cellAt(column, row))));
}

/** The answer if known cells alone decide it. */
function byWhatIsKnown(wanted: ResolvedConditions, { fixed }: ResolvedConditions): ConditionProbability | undefined {
  const decided = [...wanted.fixed, ...wanted.tests].filter(([name]) => fixed.has(name));
  const isMet = ([name, test]: (typeof decided)[number]): boolean =>
    typeof test === "function" ? test(fixed.get(name)) : test === fixed.get(name);
  if (!decided.every(isMet)) return exactly(0);
  return decided.length === wanted.fixed.size + wanted.tests.size ? exactly(1) : undefined;
}

function exactly(probability: number): ConditionProbability {
  return { probability, standardError: 0, effectiveSampleSize: null, isExact: true, warning: null };
}

/** The exact probability if the unknown cells have few values. */
function byEnumeration(
  density: JointDensity,
  wanted: ResolvedConditions,
  met: ResolvedConditions,
): ConditionProbability | undefined {
  const cells: Cell[][] = [];
  let rows = 1;
  for (const { name } of density.columns) {
    const values = met.fixed.has(name) ? [met.fixed.get(name)] : valuesOf(density, name);
    if (values === undefined || rows * values.length > MOST_EXACT_ROWS) return undefined;
    rows *= values.length;
    cells.push(values);
  }
  let period = rows;
  const columns = density.columns.map(({ name, kind }, k) => {
    const values = cells[k] as Cell[];
    period /= values.length;
    const each = period;
    return columnFromCells(
      name,
      kind,
      Array.from({ length: rows }, (_, row) => values[Math.floor(row / each) % values.length]),
    );
  });
  const table: Table = { rows, columns };
  const isMet = meets(table, met);
  const logProb = density.logProb(table).map((value, row) => (isMet[row] ? value : Number.NEGATIVE_INFINITY));
  const total = logSumExp(logProb);
  if (!Number.isFinite(total)) throw impossible("no row of the model meets");
  const isWanted = meets(table, wanted);
  const probability = logProb.reduce((sum, value, row) => sum + (isWanted[row] ? Math.exp(value - total) : 0), 0);
  return exactly(Math.min(1, probability));
}

/** Returns all values of a column; undefined if the values are numerous or unknown. */
function valuesOf(density: JointDensity, name: string): Cell[] | undefined {
  const coding = density.codingOf(name);
  if (coding === undefined) return undefined;
  const values = coding instanceof CategoryCoding ? coding.categories : density.support(name)?.values;
  return values && [...values, ...(canOccur(coding, undefined) ? [undefined] : [])];
}

/** A task for {@link direct}. */
interface DirectTask {
  readonly wanted: ResolvedConditions;
  readonly met: ResolvedConditions;
  readonly draws: number;
  readonly context?: Table | undefined;
}

/**
 * Draws rows of the model and keeps the rows that meet the known conditions.
 *
 * @param isOnly `true` without an alternative method. With an alternative, the answer is undefined when few draws are
 * kept.
 */
function direct(
  model: RowDensity,
  key: Key,
  { wanted, met, draws, context }: DirectTask,
  isOnly: boolean,
): ConditionProbability | undefined {
  const kept: boolean[] = [];
  let drawn = 0;
  for (let block = 0; kept.length < draws && drawn < MOST_PER_DRAW * draws; block++) {
    const count = Math.min(BLOCK, draws);
    const table = model.sample(key.fold(block), count, context && { context });
    const [isMet, isWanted] = [meets(table, met), meets(table, wanted)];
    drawn += count;
    for (const [row, is] of isMet.entries()) if (is && kept.length < draws) kept.push(isWanted[row] as boolean);
    if (!isOnly && kept.length < LEAST_SHARE * drawn) return undefined;
  }
  if (kept.length === 0) throw impossible(`none of ${drawn} draws meets`);
  const few =
    kept.length < FEW_DRAWS
      ? `the answer is from ${kept.length} draws of ${drawn}: such rows are rare in the model`
      : undefined;
  return estimate(kept, undefined, kept.length, few);
}

function impossible(why: string): OptionError {
  return new OptionError(`given: expected conditions that rows of the model can meet, got conditions that ${why}.`);
}

/** Rule of three: the 95 % upper bound of the probability of an event without occurrences in this number of draws. */
function rest(draws: number): string {
  return (3 / draws).toPrecision(2);
}

/**
 * Returns the share of draws that meet a condition, with the standard error of a weighted mean. If all draws agree, the
 * standard error is computed by the rule of succession.
 *
 * @param weights sum to 1. Default: equal weights.
 */
function estimate(
  is: readonly boolean[],
  weights: Float64Array | undefined,
  size: number,
  warning: string | undefined,
): ConditionProbability {
  const weight = (row: number): number => weights?.[row] ?? 1 / is.length;
  let probability = 0;
  for (const [row, one] of is.entries()) if (one) probability += weight(row);
  probability = Math.min(1, probability);
  let squares = 0;
  for (const [row, one] of is.entries()) squares += (weight(row) * ((one ? 1 : 0) - probability)) ** 2;
  const isSame = !is.some((one, row) => weight(row) > 0 && one !== probability > 0.5);
  const [which, bound] = probability > 0.5 ? ["every", `at least 1 − ${rest(size)}`] : ["no", `at most ${rest(size)}`];
  const agreed = isSame
    ? `${which} draw meets the condition: the probability is ${bound} (95 % confidence)`
    : undefined;
  return {
    probability: isSame ? Math.round(probability) : probability,
    standardError: isSame ? Math.sqrt(size + 1) / (size + 2) ** 1.5 : Math.sqrt(squares),
    ...{ effectiveSampleSize: size, isExact: false, warning: warning ?? agreed ?? null },
  };
}
