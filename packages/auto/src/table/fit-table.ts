import type { Key } from "@pushforward/core";
import { cpuSeconds, logSumExp, runToEnd, TimeSlice } from "@pushforward/core/plain";
import type { Table } from "@pushforward/datasets";
import {
  type FitTableDensityEvent,
  type FitTableDensityOptions,
  type FitTableDensityResult,
  fitTableDensityEvents,
  type RowRule,
  type TableDensity,
  type TableMember,
} from "@pushforward/tables";
import {
  type AnyTableDensity,
  type DensityColumn,
  isSeparate,
  type Learnable,
  learnable,
  matchRuledFrequencies,
  NormalMixture,
  type NumericColumn,
  NumericFlow,
  ProductMixture,
  RuledDensity,
  RuleSearch,
  rowsThatKeep,
  sumCells,
  TableMixture,
  tableParts,
} from "@pushforward/tables/extend";
import { meanOf } from "../assemble-model.ts";
import { fitNormals, fitProducts, memberWeights } from "./fit-member.ts";
import { fitNumericFlow, flowColumns, lastNumbers } from "./fit-numeric-flow.ts";

type TableData = Parameters<typeof fitTableDensityEvents>[0];

/** A density that complements the networks, evaluated on the validation rows. */
interface MemberAbout {
  /** Its mean negative log-density of these rows, in nats per row, without the columns that depend on other columns. */
  readonly validationNll: number;
  /** Its share of the model; 0 if it is left out. */
  readonly weight: number;
}

/** After the mixture of products. */
export interface ProductsEvent extends MemberAbout {
  readonly type: "products";
  readonly components: number;
}

/** After the mixture of normals. */
export interface NormalsEvent extends MemberAbout {
  readonly type: "normals";
  readonly components: number;
}

/** Before the flow, which may take as long as several columns. */
export interface FlowStartEvent {
  readonly type: "flow-start";
  /** The real numbers. */
  readonly columns: readonly string[];
}

/** After the flow of real numbers given the other columns. */
export interface FlowEvent extends MemberAbout {
  readonly type: "flow";
  /** The real numbers. */
  readonly columns: readonly string[];
}

/** Events of `fitTableEvents`. Events of members that complement the networks are last. */
export type FitTableEvent = FitTableDensityEvent | ProductsEvent | NormalsEvent | FlowStartEvent | FlowEvent;

/** Result of `fitTable`. */
export interface FitTableResult extends Omit<FitTableDensityResult, "model" | "validationLogProb"> {
  readonly model: AnyTableDensity;
  /**
   * Log-density of each validation row, in cross-validation by the fits without this row. Empty without validation
   * rows.
   */
  readonly heldOutLogProb: Float64Array;
  /** Rules that all rows satisfy, and all samples of the model. */
  readonly rules: readonly RowRule[];
  /** Results of the mixture of products; undefined if it is left out. */
  readonly products: Omit<ProductsEvent, "type"> | undefined;
  /** Results of the mixture of normals; undefined if it is left out. */
  readonly normals: Omit<NormalsEvent, "type"> | undefined;
  /** Results of the flow; undefined if it is left out. */
  readonly flow: Omit<FlowEvent, "type"> | undefined;
}

/** Options of `fitTable`. */
export interface FitTableOptions extends FitTableDensityOptions {
  /**
   * `true` to find rules that all rows satisfy, such as `low ≤ high`, and to build those into the density that it would
   * break. Not with context columns. Default: true.
   */
  readonly rules?: boolean | undefined;
}

/**
 * Learns the density of a table without requiring any choices. The columns may be numbers or categories with missing
 * cells. The model mixes up to four densities with the weights that are best on the validation rows, or consists of the
 * networks alone:
 *
 * - the networks of `fitTableDensityEvents`;
 * - a mixture of products;
 * - a mixture of normals, for several columns of numbers in up to 10,000 rows;
 * - a flow of the columns of real numbers given the other columns, if several columns are real numbers. The other
 * columns are
 *   then learned first.
 *
 * In small tables these densities make different errors.
 *
 * @throws the errors of `fitTableDensityEvents`.
 */
export async function* fitTableEvents(
  data: TableData,
  { rules = true, ...options }: FitTableOptions,
): AsyncGenerator<FitTableEvent, FitTableResult, void> {
  const startCpu = cpuSeconds();
  const found = learnable(data, options);
  const { chosen, context, relations, table } = found;
  const numbers = flowColumns(found, options.steps);
  const names = new Set(numbers.map(({ name }) => name));
  const columns = chosen.filter((name) => !context.includes(name) && !names.has(name));
  const settings = { ...options, relations, columns: [...columns, ...names] };
  const networks = yield* fitTableDensityEvents(data, settings);
  const between = performance.now();
  let isDone = false;
  try {
    const fitted = yield* mixMembers(networks, table, numbers, settings);
    const mixed = rules ? await withRules(fitted, found, options) : fitted;
    isDone = true;
    const cpu = cpuSeconds();
    return {
      ...mixed,
      seconds: networks.seconds + (performance.now() - between) / 1000,
      cpuSeconds: cpu === undefined || startCpu === undefined ? undefined : cpu - startCpu,
    };
  } finally {
    if (!isDone) networks.model.dispose();
  }
}

/** A result before its rules are found. */
type MixedResult = FitTableResult & {
  readonly model: TableDensity | TableMixture;
  /** Undefined if the networks are alone. */
  readonly parts: MixtureParts | undefined;
};

/** The densities of a mixture on the held-out rows. */
interface MixtureParts {
  readonly members: readonly TableMember[];
  /** Of the networks and of each member, without the separate columns. */
  readonly logProbs: readonly Float64Array[];
  readonly ofSeparate: Float64Array;
  /** The validation rows that judge. */
  readonly rows: Int32Array;
}

/** Draws of a model that show which rules it breaks, and how often. */
const DRAWS = 2000;
/** Maximum number of draws for {@link LARGEST_ERROR}. */
const MOST_DRAWS = 20_000;
/** Standard error of the log-probability that all rules hold, in nats. */
const LARGEST_ERROR = 0.01;
/** The weight of a member alone. The weights of the members have a sum below 1. */
const ALMOST_ONE = 1 - 1e-9;
/** Minimum share of draws that satisfy all rules: sampling repeats draws. The last rules are left out below it. */
const LEAST_SHARE = 0.05;

/** Finds rules that the model breaks, and builds them into the model. A fit that is aborted before has no rules. */
async function withRules(
  fitted: MixedResult,
  found: Learnable,
  options: FitTableDensityOptions,
): Promise<FitTableResult> {
  const { table } = found;
  const { model: density, parts } = fitted;
  const rules = rulesBrokenBy(density, found, options);
  if (rules.length === 0) return fitted;
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
  if (parts !== undefined) return withRuledMembers({ ...fitted, parts }, { networks, rules, floor, gains }, options);
  const gained = sumCells(gains, judged.rows);
  const heldOutLogProb = fitted.heldOutLogProb.map((value, row) => value + (gained[row] as number));
  const mean = gained.length > 0 ? meanOf(gained) : 0;
  const model = new RuledDensity({ density, rules, floor });
  return { ...fitted, model, rules, heldOutLogProb, validationNll: fitted.validationNll - mean };
}

/** The rules of all rows that a model breaks. */
function rulesBrokenBy(
  density: TableDensity | TableMixture,
  { table, variables, context }: Learnable,
  { key, validation, signal }: FitTableDensityOptions,
): readonly RowRule[] {
  if (context.length > 0 || signal?.aborted) return [];
  const kinds = new Map(variables?.map(({ name, kind }) => [name, kind === "date" ? "date" : "number"]));
  const free = density.columns.flatMap(({ name, dependent }) => (dependent === undefined ? [name] : []));
  const search = new RuleSearch(table, free, (a, b) => kinds.get(a) === kinds.get(b));
  if (!search.hasCandidates) return [];
  const drawn = density.sample(key.fold("rules").fold(0), DRAWS);
  const isKeptBy = (rows: Table | undefined) => (rule: RowRule) =>
    rows === undefined || rowsThatKeep(rule, rows).every((keeps) => keeps === 1);
  const rules: RowRule[] = [];
  // Rows that keep the rules so far.
  let kept = new Uint8Array(drawn.rows).fill(1);
  const shareOf = (rows: Uint8Array): number => rows.reduce((sum, keeps) => sum + keeps, 0) / rows.length;
  for (const rule of search.found(drawn).filter(isKeptBy(validation))) {
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

/**
 * Mixes networks that keep rules by column with members whose rows keep them, with weights that are best for these
 * densities.
 */
async function withRuledMembers(
  fitted: MixedResult & { readonly parts: MixtureParts },
  { networks, rules, floor, gains }: RuledNetworks,
  { key, signal }: FitTableDensityOptions,
): Promise<FitTableResult> {
  const { members, rows, ...parts } = fitted.parts;
  const ruled = (some: readonly TableMember[], weights: readonly number[], share?: number): RuledDensity => {
    const density = new TableMixture({ density: networks, members: some, weights });
    const known = share === undefined ? {} : { share, networksByColumn: true };
    return new RuledDensity({ density, rules, floor, ...known });
  };
  // The shares of the rows of each density that keep the rules.
  const shares = [1];
  for (const [m, member] of members.entries()) {
    shares.push(await keptShare(ruled([member], [ALMOST_ONE], 1), key.fold("rules").fold(`member ${m}`), signal));
  }
  const gainWhere = (is: boolean): Float64Array => {
    const some = gains.filter((_, k) => isSeparate(networks.columns[k] as DensityColumn) === is);
    const sums = sumCells(some, gains[0]?.length ?? 0);
    return Float64Array.from(rows, (row) => sums[row] as number);
  };
  const [ofSeparate, ofNetworks] = [gainWhere(true), gainWhere(false)];
  const logProbs = parts.logProbs.map((logProb, d) => {
    const share = shares[d] as number;
    const logShare = share < LEAST_SHARE ? Number.POSITIVE_INFINITY : Math.log(share);
    return logProb.map((value, i) => (d === 0 ? value + (ofNetworks[i] as number) : value - logShare));
  });
  const { weights } = memberWeights(logProbs);
  // The rules multiply the weight of a member by the share of its rows that keep them.
  const unruled = weights.map((weight, d) => (weight === 0 ? 0 : weight / (shares[d] as number)));
  const total = unruled.reduce((sum, weight) => sum + weight, 0);
  const drawn = unruled.slice(1).map((weight) => weight / total);
  const hasRowRules = drawn.some((weight) => weight > 0) && ruled(members, drawn, 1).rowRules.length > 0;
  const model = ruled(members, drawn, hasRowRules ? Math.min(1, 1 / total) : undefined);
  const heldOutLogProb = parts.ofSeparate.map((own, i) => {
    const mixed = logSumExp(logProbs.map((logProb, d) => Math.log(weights[d] as number) + (logProb[i] as number)));
    return own + (ofSeparate[i] as number) + mixed;
  });
  const weighted = <T extends MemberAbout>(about: T | undefined, is: (member: TableMember) => boolean) => {
    const weight = weights[1 + members.findIndex(is)];
    return about && weight ? { ...about, weight } : undefined;
  };
  return {
    ...{ ...fitted, model, rules, heldOutLogProb },
    products: weighted(fitted.products, (member) => member instanceof ProductMixture),
    normals: weighted(fitted.normals, (member) => member instanceof NormalMixture),
    flow: weighted(fitted.flow, (member) => member instanceof NumericFlow),
    validationNll: fitted.validationNll - (meanOf(heldOutLogProb) - meanOf(fitted.heldOutLogProb)),
  };
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

/** Fits the other members, and mixes the helpful ones with the networks. */
async function* mixMembers(
  { validationLogProb, ...networks }: FitTableDensityResult,
  table: Learnable["table"],
  numbers: readonly NumericColumn[],
  settings: FitTableDensityOptions,
): AsyncGenerator<FitTableEvent, MixedResult, void> {
  const separate = new Set(networks.model.columns.flatMap((column) => (isSeparate(column) ? [column.name] : [])));
  const sumWhere = (is: (name: string) => boolean): Float64Array =>
    sumCells(
      [...validationLogProb].flatMap(([name, logProb]) => (is(name) ? [logProb] : [])),
      networks.validationRows,
    );
  // All members have the columns but the separate ones, which are a common factor.
  const ofNetworks = sumWhere((name) => !separate.has(name));
  const ofSeparate = sumWhere((name) => separate.has(name));
  const without = { products: undefined, normals: undefined, flow: undefined };
  const alone = { ...networks, ...without, rules: [], parts: undefined, heldOutLogProb: sumWhere(() => true) };
  if (networks.reason === "aborted" || networks.validationRows === 0) return alone;
  const owned: TableMember[] = [];
  let kept: readonly TableMember[] = [];
  try {
    const products = await fitProducts(table, networks.model, settings);
    if (products !== undefined) owned.push(products.model);
    const normals = await fitNormals(table, networks.model, settings);
    if (normals !== undefined) owned.push(normals.model);
    const last = lastNumbers(networks.model, numbers);
    if (last.length > 0) yield { type: "flow-start", columns: last.map(({ name }) => name) };
    const flow = last.length === 0 ? undefined : await fitNumericFlow(table, last, networks.model, settings);
    if (flow !== undefined) owned.push(flow.model);
    if (owned.length === 0 || settings.signal?.aborted) return alone;
    // The rows that judge the flow judge all.
    const rows = flow?.rows ?? Int32Array.from(ofNetworks.keys());
    const at = (logProb: Float64Array): Float64Array => Float64Array.from(rows, (row) => logProb[row] as number);
    const ofLast = new Set(last.map(({ name }) => name));
    const others = sumWhere((name) => !separate.has(name) && !ofLast.has(name));
    const ofFlow = flow && sumCells([at(others), flow.validationLogProb], rows.length);
    const logProbs = [ofNetworks, products?.validationLogProb, normals?.validationLogProb].flatMap((logProb) =>
      logProb ? [at(logProb)] : [],
    );
    const all = ofFlow === undefined ? logProbs : [...logProbs, ofFlow];
    const { weights, meanLogProb } = memberWeights(all);
    const ofMembers = weights.slice(1);
    const about = {
      products: products && {
        components: products.model.components,
        validationNll: -meanOf(products.validationLogProb),
        weight: ofMembers[0] as number,
      },
      normals: normals && {
        components: normals.model.components,
        validationNll: -meanOf(normals.validationLogProb),
        weight: ofMembers[products === undefined ? 0 : 1] as number,
      },
      flow: ofFlow && {
        columns: [...ofLast],
        validationNll: -meanOf(ofFlow),
        weight: ofMembers.at(-1) as number,
      },
    };
    if (about.products !== undefined) yield { type: "products", ...about.products };
    if (about.normals !== undefined) yield { type: "normals", ...about.normals };
    if (about.flow !== undefined) yield { type: "flow", ...about.flow };
    const members = owned.map((member, k) => ({ member, weight: ofMembers[k] as number }));
    const mixed = members.filter(({ weight }) => weight > 0);
    // Questions need a mixture of rows, even if it is no part of the density.
    const hasRows = mixed.some(({ member }) => member === products?.model || member === normals?.model);
    const isAsked = networks.model.context.length === 0;
    const nearest = hasRows || !isAsked ? undefined : (normals?.model ?? products?.model);
    const chosen = members.filter(({ member, weight }) => weight > 0 || member === nearest);
    if (chosen.length === 0) return alone;
    kept = chosen.map(({ member }) => member);
    const keptWeights = chosen.map(({ weight }) => weight);
    const model = new TableMixture({ density: networks.model, members: kept, weights: keptWeights });
    if (mixed.length === 0) return { ...alone, model };
    const parts = {
      members: kept,
      logProbs: [all[0] as Float64Array, ...kept.map((member) => all[owned.indexOf(member) + 1] as Float64Array)],
      ofSeparate: at(ofSeparate),
      rows,
    };
    return {
      ...{ ...networks, model, rules: [], parts },
      heldOutLogProb: parts.ofSeparate.map(
        (own, row) =>
          own + logSumExp(all.map((logProb, k) => Math.log(weights[k] as number) + (logProb[row] as number))),
      ),
      products: about.products?.weight === 0 ? undefined : about.products,
      normals: about.normals?.weight === 0 ? undefined : about.normals,
      flow: about.flow?.weight === 0 ? undefined : about.flow,
      validationNll: networks.validationNll - (meanLogProb - meanOf(at(ofNetworks))),
    };
  } finally {
    for (const member of owned) if (!kept.includes(member)) member.dispose();
  }
}

/**
 * Runs {@link fitTableEvents} to its end and returns the result, without the events.
 *
 * @throws the errors of `fitTableEvents`.
 * @example
 * const { model, validationNll } = await fitTable(penguins(), { key, maxEpochs: 2 });
 * const rows = model.sample(key, 3);
 */
export function fitTable(data: TableData, options: FitTableOptions): Promise<FitTableResult> {
  return runToEnd(fitTableEvents(data, options));
}
