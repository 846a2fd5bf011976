import type { Key } from "@pushforward/core";
import { logSumExp, TimeSlice } from "@pushforward/core/plain";
import type { Table } from "@pushforward/datasets";
import { takeTableRows } from "@pushforward/datasets/extend";
import type { FitTableDensityOptions, RowRule, TableDensity, TableMember } from "@pushforward/tables";
import {
  type DensityColumn,
  isSeparate,
  type Learnable,
  matchKeptRows,
  matchRuledFrequencies,
  NormalMixture,
  type RowOrigin,
  RuledDensity,
  RuleSearch,
  rowsThatKeep,
  sumCells,
  sumRules,
  TableMixture,
  tableParts,
} from "@pushforward/tables/extend";
import { meanOf } from "../assemble-model.ts";
import { memberWeights } from "./fit-member.ts";

/** The fitted density of a table, without rules. */
export interface UnruledDensity {
  readonly model: TableDensity | TableMixture;
  readonly heldOutLogProb: Float64Array;
  readonly validationNll: number;
}

/** The log-densities of the networks and of the members of a mixture. */
export interface MixtureParts {
  readonly members: readonly TableMember[];
  /** Of the networks and of each member in the validation rows, without the separate columns. */
  readonly logProbs: readonly Float64Array[];
  /** Of the separate columns in these rows. */
  readonly ofSeparate: Float64Array;
  /** The places of these rows among all validation rows. */
  readonly rows: Int32Array;
}

/** A density that keeps rules. */
export interface KeptRules {
  readonly model: RuledDensity;
  readonly rules: readonly RowRule[];
  readonly heldOutLogProb: Float64Array;
  readonly validationNll: number;
  /** The weights of the members of a mixture; undefined for networks alone. */
  readonly weights: readonly number[] | undefined;
}

/** Relations of columns with numbers that differ from the numbers of their sources. */
const COMPUTED: readonly (string | undefined)[] = ["linear", "product", "ratio", "years"];

/** Number of draws of a model that show which rules it breaks, and which rules of order with ties it hardly ever breaks. */
const DRAWS = 2000;
const DRAWS_OF_TIES = 10_000;
/** Maximum number of draws for {@link LARGEST_ERROR}. */
const MOST_DRAWS = 20_000;
/** Standard error of the log-probability that all rules hold, in nats. */
const LARGEST_ERROR = 0.01;
/** The weight of a single member. Weights of members have a sum below 1. */
const ALMOST_ONE = 1 - 1e-9;
/** Minimum share of draws that satisfy all rules: sampling repeats draws. The last rules are left out below it. */
const LEAST_SHARE = 0.05;

/**
 * Finds rules that a model breaks, and builds these rules into the model. Undefined without such rules, and for a fit that is
 * aborted before.
 *
 * @param parts of a mixture; undefined if the networks are alone.
 */
export async function keepRules(
  fitted: UnruledDensity,
  parts: MixtureParts | undefined,
  found: Learnable,
  options: FitTableDensityOptions,
): Promise<KeptRules | undefined> {
  const { table } = found;
  const { model: density } = fitted;
  const rules = rulesBrokenBy(density, found, options);
  if (rules.length === 0) return undefined;
  const floor = 1 / (table.rows + 2);
  const networks = density instanceof TableMixture ? density.density : density;
  const judged = judgedRows(table, density, options);
  const before = networks.cellLogProb(judged);
  const limited = new RuledDensity({ density: networks, rules, floor }).ruled as TableDensity;
  matchRuledFrequencies(limited, table);
  // With folds, by the networks of all folds. Impossible cells gain nothing.
  const gains = limited.cellLogProb(judged).map((cells, k) => {
    const old = before[k] as Float64Array;
    return cells.map((value, row) => (Number.isFinite(old[row]) ? value - (old[row] as number) : 0));
  });
  if (parts !== undefined)
    return mixRuled(fitted, parts, { networks, rules, floor, gains }, { table, judged }, options);
  const gained = sumCells(gains, judged.rows);
  const heldOutLogProb = fitted.heldOutLogProb.map((value, row) => value + (gained[row] as number));
  const mean = gained.length > 0 ? meanOf(gained) : 0;
  const model = new RuledDensity({ density, rules, floor });
  return { model, rules, heldOutLogProb, validationNll: fitted.validationNll - mean, weights: undefined };
}

/** The rules of all rows that a model breaks. */
function rulesBrokenBy(
  density: TableDensity | TableMixture,
  { table, variables, context }: Learnable,
  { key, validation, signal }: FitTableDensityOptions,
): readonly RowRule[] {
  if (context.length > 0 || signal?.aborted) return [];
  const kinds = new Map(variables?.map(({ name, kind }) => [name, kind === "date" ? "date" : "number"]));
  const { columns } = density;
  const free = new Set(columns.flatMap(({ name, dependent }) => (dependent === undefined ? [name] : [])));
  const compared = columns.filter(
    ({ name, dependent }) => free.has(name) || COMPUTED.includes(dependent?.relation.type),
  );
  const names = compared.map(({ name }) => name);
  const search = new RuleSearch(table, names, (name) => kinds.get(name) ?? "number", sumRules(columns, table));
  if (!search.hasCandidates) return [];
  const last = (rule: RowRule): string => names.findLast((name) => rule.columns.includes(name)) ?? "";
  // The cells of a free column can keep a rule with an earlier column, which may be computed.
  const isOwn = (rule: RowRule): boolean => free.has(last(rule));
  const holds = (rule: RowRule): boolean =>
    validation === undefined || rowsThatKeep(rule, validation).every((keeps) => keeps === 1);
  const isWanted = (rule: RowRule): boolean => isOwn(rule) && holds(rule);
  const few = density.sample(key.fold("rules").fold(0), DRAWS);
  const isBroken = (rule: RowRule, drawn: Table): boolean => rowsThatKeep(rule, drawn).includes(0);
  const unbroken = search.tied.filter((rule) => isWanted(rule) && !isBroken(rule, few));
  const drawn = unbroken.length === 0 ? few : density.sample(key.fold("rules").fold(1), DRAWS_OF_TIES);
  const broken = [...search.found(few).filter(isWanted), ...unbroken.filter((rule) => isBroken(rule, drawn))];
  const rules: RowRule[] = [];
  // Rows that keep the rules so far.
  let kept = new Uint8Array(drawn.rows).fill(1);
  const shareOf = (rows: Uint8Array): number => rows.reduce((sum, keeps) => sum + keeps, 0) / rows.length;
  for (const rule of broken) {
    const own = rowsThatKeep(rule, drawn);
    const both = kept.map((keeps, row) => keeps & (own[row] as number));
    // A rule that follows from the previous ones is redundant.
    if (shareOf(both) < LEAST_SHARE || shareOf(both) === shareOf(kept)) continue;
    kept = both;
    rules.push(rule);
  }
  return rules;
}

/** Networks that keep rules by column. */
interface RuledNetworks {
  readonly networks: TableDensity;
  readonly rules: readonly RowRule[];
  readonly floor: number;
  /** The gain in log-density of the cells of each column in the judged rows, in nats. */
  readonly gains: readonly Float64Array[];
}

/** The training rows, and the judged rows. */
interface FittedRows {
  readonly table: Table;
  readonly judged: Table;
}

/**
 * Mixes networks that keep rules by column with members that keep rules by row. The weights are the best ones for these
 * densities.
 */
async function mixRuled(
  fitted: UnruledDensity,
  { rows, ...parts }: MixtureParts,
  { networks, rules, floor, gains }: RuledNetworks,
  { table, judged }: FittedRows,
  { key, signal }: FitTableDensityOptions,
): Promise<KeptRules> {
  const ruled = (some: readonly TableMember[], weights: readonly number[], share?: number): RuledDensity => {
    const density = new TableMixture({ density: networks, members: some, weights });
    const known = share === undefined ? {} : { share, networksByColumn: true };
    return new RuledDensity({ density, rules, floor, ...known });
  };
  const members: TableMember[] = [];
  // The shares of the rows of each density that keep the rules, and the log-densities without rules.
  const shares = [1];
  const unruledLogProbs = [parts.logProbs[0] as Float64Array];
  for (const [m, member] of parts.members.entries()) {
    const own = await ruledMember(member, (one) => ruled([one], [ALMOST_ONE], 1), {
      ...{ table, signal, key: key.fold("rules").fold(`member ${m}`) },
      judged: takeTableRows(judged, rows),
      origin: judged.rows === table.rows ? "own" : "new",
    });
    members.push(own.member);
    shares.push(own.share);
    const logProb = parts.logProbs[m + 1] as Float64Array;
    unruledLogProbs.push(logProb.map((value, i) => value + (own.gain?.[i] ?? 0)));
  }
  const gainWhere = (is: boolean): Float64Array => {
    const some = gains.filter((_, k) => isSeparate(networks.columns[k] as DensityColumn) === is);
    const sums = sumCells(some, gains[0]?.length ?? 0);
    return Float64Array.from(rows, (row) => sums[row] as number);
  };
  const [ofSeparate, ofNetworks] = [gainWhere(true), gainWhere(false)];
  const logProbs = unruledLogProbs.map((logProb, d) => {
    const share = shares[d] as number;
    const logShare = share < LEAST_SHARE ? Number.POSITIVE_INFINITY : Math.log(share);
    return logProb.map((value, i) => (d === 0 ? value + (ofNetworks[i] as number) : value - logShare));
  });
  const { weights } = memberWeights(logProbs);
  // Rules multiply the weight of a member by its share.
  const unruled = weights.map((weight, d) => (weight === 0 ? 0 : weight / (shares[d] as number)));
  const total = unruled.reduce((sum, weight) => sum + weight, 0);
  const drawn = unruled.slice(1).map((weight) => weight / total);
  const hasRowRules = drawn.some((weight) => weight > 0) && ruled(members, drawn, 1).rowRules.length > 0;
  const model = ruled(members, drawn, hasRowRules ? Math.min(1, 1 / total) : undefined);
  const heldOutLogProb = parts.ofSeparate.map((own, i) => {
    const mixed = logSumExp(logProbs.map((logProb, d) => Math.log(weights[d] as number) + (logProb[i] as number)));
    return own + (ofSeparate[i] as number) + mixed;
  });
  const validationNll = fitted.validationNll - (meanOf(heldOutLogProb) - meanOf(fitted.heldOutLogProb));
  return { model, rules, heldOutLogProb, validationNll, weights: weights.slice(1) };
}

/** A member of a mixture that keeps rules by row. */
interface RuledMember {
  readonly member: TableMember;
  /** The share of its rows that keep the rules. */
  readonly share: number;
  /** The gain in log-density of the judged rows without the rules, in nats. Default: 0. */
  readonly gain?: Float64Array;
}

/** How a member is judged. */
interface MemberRows extends FittedRows {
  /** "own" if the judged rows are the training rows. */
  readonly origin: RowOrigin;
  readonly key: Key;
  readonly signal: AbortSignal | undefined;
}

/**
 * Changes a mixture of normals so that the rows that keep rules are like the training rows, if that improves the density of
 * the judged rows.
 *
 * @param alone makes the density of a member that keeps the rules.
 */
async function ruledMember(
  member: TableMember,
  alone: (member: TableMember) => RuledDensity,
  { table, judged, origin, key, signal }: MemberRows,
): Promise<RuledMember> {
  const density = alone(member);
  const share = await keptShare(density, key, signal);
  if (!(member instanceof NormalMixture) || signal?.aborted) return { member, share };
  const matched = matchKeptRows(member, density.rowRules, table, key.fold("match"));
  if (matched === undefined) return { member, share };
  const before = member.logProb(judged, { origin });
  const gain = matched.logProb(judged, { origin }).map((value, row) => value - (before[row] as number));
  const nextShare = await keptShare(alone(matched), key, signal);
  const isBetter = nextShare >= LEAST_SHARE && meanOf(gain) > Math.log(nextShare / share);
  (isBetter ? member : matched).dispose();
  return isBetter ? { member: matched, share: nextShare, gain } : { member, share };
}

/** The share of the draws of a mixture that keep its rules by row. */
async function keptShare(
  { rowRules, ruled }: RuledDensity,
  key: Key,
  signal: AbortSignal | undefined,
): Promise<number> {
  if (rowRules.length === 0) return 1;
  const slice = new TimeSlice();
  let [count, kept] = [0, 0];
  const isExact = (): boolean => count > 0 && Math.sqrt((1 - kept / count) / kept) <= LARGEST_ERROR;
  for (let turn = 0; count < MOST_DRAWS && !isExact(); turn++) {
    await slice.breathe();
    if (signal?.aborted && count > 0) break;
    const rows = (ruled as TableMixture).sample(key.fold(turn), DRAWS);
    const all = rowRules.map((rule) => rowsThatKeep(rule, rows));
    for (let row = 0; row < rows.rows; row++) if (all.every((keeps) => keeps[row] === 1)) kept++;
    count += rows.rows;
  }
  return kept / count;
}

/** The rows of the held-out log-densities: validation rows, or with folds all rows. */
function judgedRows(table: Table, { columns }: TableDensity | TableMixture, options: FitTableDensityOptions): Table {
  const { all, validation, folds } = tableParts(table, columns.length, options);
  return folds.length > 0 ? all : validation;
}
