import { cpuSeconds, logSumExp, runToEnd } from "@pushforward/core/plain";
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
  isSeparate,
  type Learnable,
  learnable,
  NormalMixture,
  type NumericColumn,
  NumericFlow,
  ProductMixture,
  sumCells,
  TableMixture,
} from "@pushforward/tables/extend";
import { meanOf } from "../assemble-model.ts";
import { fitNormals, fitProducts, memberWeights } from "./fit-member.ts";
import { fitNumericFlow, flowColumns, lastNumbers } from "./fit-numeric-flow.ts";
import { type KeptRules, keepRules, type MixtureParts } from "./keep-rules.ts";

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
  /** The places of these rows in the table, in cross-validation, or among the validation rows. */
  readonly heldOutRows: Int32Array;
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
  /** `false` to leave out the flow of the real numbers. Default: true. */
  readonly flow?: boolean | undefined;
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
  { rules = true, flow = true, ...options }: FitTableOptions,
): AsyncGenerator<FitTableEvent, FitTableResult, void> {
  const startCpu = cpuSeconds();
  const found = learnable(data, options);
  const { chosen, context, relations, table } = found;
  const numbers = flow ? flowColumns(found, options.steps) : [];
  const names = new Set(numbers.map(({ name }) => name));
  const columns = chosen.filter((name) => !context.includes(name) && !names.has(name));
  const settings = { ...options, relations, columns: [...columns, ...names] };
  const networks = yield* fitTableDensityEvents(data, settings);
  const between = performance.now();
  let isDone = false;
  try {
    const { result, parts } = yield* mixMembers(networks, table, numbers, settings);
    const kept = rules ? await keepRules(result, parts, found, options) : undefined;
    isDone = true;
    const cpu = cpuSeconds();
    return {
      ...(kept === undefined ? result : withRules(result, parts, kept)),
      seconds: networks.seconds + (performance.now() - between) / 1000,
      cpuSeconds: cpu === undefined || startCpu === undefined ? undefined : cpu - startCpu,
    };
  } finally {
    if (!isDone) networks.model.dispose();
  }
}

/** The networks and the densities that are mixed with them. */
interface Mixed {
  readonly result: FitTableResult & { readonly model: TableDensity | TableMixture };
  /** Undefined if the networks are alone. */
  readonly parts: MixtureParts | undefined;
}

/** A result with rules. */
function withRules(result: FitTableResult, parts: MixtureParts | undefined, kept: KeptRules): FitTableResult {
  const { weights, ...ruled } = kept;
  if (weights === undefined || parts === undefined) return { ...result, ...ruled };
  const weighted = <T extends MemberAbout>(about: T | undefined, is: (member: TableMember) => boolean) => {
    const weight = weights[parts.members.findIndex(is)];
    return about && weight ? { ...about, weight } : undefined;
  };
  return {
    ...{ ...result, ...ruled },
    products: weighted(result.products, (member) => member instanceof ProductMixture),
    normals: weighted(result.normals, (member) => member instanceof NormalMixture),
    flow: weighted(result.flow, (member) => member instanceof NumericFlow),
  };
}

/** Fits the other members, and mixes the helpful ones with the networks. */
async function* mixMembers(
  { validationLogProb, ...networks }: FitTableDensityResult,
  table: Learnable["table"],
  numbers: readonly NumericColumn[],
  settings: FitTableDensityOptions,
): AsyncGenerator<FitTableEvent, Mixed, void> {
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
  const heldOutLogProb = sumWhere(() => true);
  const heldOutRows = Int32Array.from(heldOutLogProb.keys());
  const ofAlone = { ...networks, ...without, rules: [], heldOutLogProb, heldOutRows };
  const alone = { result: ofAlone, parts: undefined };
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
    if (mixed.length === 0) return { result: { ...ofAlone, model }, parts: undefined };
    const parts = {
      members: kept,
      logProbs: [all[0] as Float64Array, ...kept.map((member) => all[owned.indexOf(member) + 1] as Float64Array)],
      ofSeparate: at(ofSeparate),
      rows,
    };
    const result = {
      ...{ ...networks, model, rules: [], heldOutRows: rows },
      heldOutLogProb: parts.ofSeparate.map(
        (own, row) =>
          own + logSumExp(all.map((logProb, k) => Math.log(weights[k] as number) + (logProb[row] as number))),
      ),
      products: about.products?.weight === 0 ? undefined : about.products,
      normals: about.normals?.weight === 0 ? undefined : about.normals,
      flow: about.flow?.weight === 0 ? undefined : about.flow,
      validationNll: networks.validationNll - (meanLogProb - meanOf(at(ofNetworks))),
    };
    return { result, parts };
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
