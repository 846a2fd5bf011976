import { cellLogProb } from "@pushforward/ops";
import type { NormalMixture } from "@pushforward/tables";
import {
  type AnyTableDensity,
  CELL_SIZE,
  type CellCoding,
  COPY_ROUNDING,
  type ColumnDensity,
  type CopySource,
  type DensityColumn,
  followingShares,
  isSeparate,
  keptCells,
  marginalHead,
  mayCopy,
  NumberCoding,
  NumericFlow,
  ProductMixture,
  type RecalledCells,
  RuledDensity,
  recalledCodes,
  TableMixture,
} from "@pushforward/tables/extend";
import * as tf from "@tensorflow/tfjs-core";
import type { Dimension, GraphBuilder, GraphValue } from "../graph/graph-builder.ts";
import { Maths } from "../maths/maths.ts";
import { recordProgram } from "../program/merge-recordings.ts";
import { translateProgram } from "../translate-program.ts";
import { addCanOccur } from "./add-can-occur.ts";
import { addRuleFactor, type GraphEdge, GraphLimits } from "./add-rules.ts";
import { asGiven, type CodedCells } from "./bin-ranks.ts";
import { codeColumn } from "./code-cells.ts";
import { addFollowingCells, addNormalTerms, addProductTerms } from "./mixture-terms.ts";
import { addNumericFlow } from "./numeric-flow.ts";

/**
 * Input `[rows, n]` of the networks of a column: the codes of its parents, then the features of parents that have
 * features.
 */
export function addColumnContext(maths: Maths, parents: readonly number[], coded: readonly CodedCells[]): GraphValue {
  const read = parents.map((place) => coded[place] as CodedCells);
  return maths.beside([...read.map(({ codes }) => codes), ...read.flatMap(({ features }) => features ?? [])]);
}

/** Changes of the heads of a column before normalization. */
interface HeadChanges {
  readonly rules?: GraphLimits | undefined;
  /** By the codes that rows recall, see {@link addCodeWeights}. */
  readonly codeWeights?: GraphValue | undefined;
}

/**
 * Adds the log-probabilities `[rows, 1]` of the cells of a column given the columns before it. It uses the column's
 * networks, or the frequencies of its codes if it has no networks.
 *
 * @param coded all columns.
 */
function addColumnLogProb(
  maths: Maths,
  { coding, members, parents }: Pick<DensityColumn, "coding" | "members" | "parents">,
  coded: readonly CodedCells[],
  own: CodedCells,
  changes: HeadChanges = {},
): GraphValue {
  const { rules } = changes;
  if (members.length === 0) return marginalLogProb(maths, coding, own, rules);
  const context = addColumnContext(maths, parents, coded);
  const heads = members.map((member) => memberLogProb(maths, member, own, context, changes));
  const sum = heads.reduce((a, b) => maths.logAddExp(a, b));
  const inside = maths.add(sum, coding.logHead - Math.log(members.length));
  return maths.logAddExp(rules === undefined ? inside : maths.add(inside, rules.logFactor(own)), own.logFloor);
}

function memberLogProb(
  maths: Maths,
  member: ColumnDensity,
  own: CodedCells,
  context: GraphValue,
  { rules, codeWeights }: HeadChanges,
): GraphValue {
  const isChanged = rules !== undefined || codeWeights !== undefined;
  const { graph } = maths;
  const inputs = [own.cells, context].map((input) => graph.cast(input, "float32"));
  const shapes = [[CELL_SIZE], [...member.contextShape]];
  const logProbOf = (cells: tf.Tensor, at: tf.Tensor): tf.Tensor => member.given(at).logProb(cells);
  // With changes the head is a result, too.
  const bothOf = (cells: tf.Tensor, at: tf.Tensor): tf.Tensor => {
    const head = member.apply(at);
    return tf.concat([tf.expandDims(cellLogProb(cells, head, member.head), 1), head], 1);
  };
  const program = recordProgram(member, shapes, ([cells, at]) =>
    (isChanged ? bothOf : logProbOf)(cells as tf.Tensor, at as tf.Tensor),
  );
  const result = graph.cast(translateProgram(graph, program, inputs), "float64");
  if (!isChanged) return graph.reshape(result, [own.cells.shape[0] as Dimension, 1]);
  const [logProb, free] = [maths.column(result, 0), maths.columns(result, 1, result.shape[1] as number)];
  if (codeWeights === undefined) return maths.sub(logProb, (rules as GraphLimits).logTotal(free));
  const head = maths.add(free, codeWeights);
  const code = graph.cast(maths.max(maths.column(own.cells, 0), 0), "int64");
  const change = maths.add(maths.pick(codeWeights, code), maths.sub(maths.logSumExp(free), maths.logSumExp(head)));
  const changed = maths.add(logProb, change);
  return rules === undefined ? changed : maths.sub(changed, rules.logTotal(head));
}

/**
 * Adds the weights `[rows, codes]` of the codes that rows recall, as added to heads by `addWeights`; undefined for
 * a column that recalls no codes.
 *
 * @param coded all columns before it.
 */
export function addCodeWeights(
  maths: Maths,
  column: DensityColumn,
  columns: readonly DensityColumn[],
  coded: readonly CodedCells[],
): GraphValue | undefined {
  const recalled = recalledCodes(column);
  if (recalled === undefined) return undefined;
  const { coding } = column;
  const { by, groups, keys } = recalled;
  const none = new Float64Array(coding.codes);
  const changes = groups.map(({ values, weights }) => {
    const own = none.slice();
    for (const [i, code] of values.entries()) own[code] = weights[i] as number;
    return own;
  });
  const others = keys.length < groups.length ? changes.pop() : undefined;
  const table = [others ?? none, ...changes].flatMap((row) => [...row]);
  const numbers = keys.map((_, group) => group + 1);
  const places = maths.graph.constant("float64", numbers, [1, numbers.length], "table");
  const isOwn = addHasKeys(maths, by, keys, columns, coded);
  // Without columns that select a group, all rows have the first one.
  const place =
    isOwn === undefined ? maths.fill(1, (coded[0] as CodedCells).values) : maths.sum(maths.where(isOwn, places, 0));
  return maths.rowsOf(table, coding.codes, maths.graph.cast(place, "int64"));
}

/** By the frequencies of the codes alone. */
function marginalLogProb(
  maths: Maths,
  coding: CellCoding,
  own: CodedCells,
  rules: GraphLimits | undefined,
): GraphValue {
  const { counts, logHead } = coding;
  const { cells, logFloor } = own;
  const total = counts.reduce((sum, count) => sum + count + 0.5, 0);
  const logShares = counts.map((count) => Math.log((count + 0.5) / total));
  const code = maths.column(cells, 0);
  const isNone = maths.less(code, 0);
  const place = maths.graph.cast(maths.max(code, 0), "int64");
  const free = maths.add(maths.lookUp(logShares, place), maths.column(cells, 1), logHead);
  const head = marginalHead(coding);
  const inside =
    rules === undefined
      ? free
      : maths.sub(
          maths.add(free, rules.logFactor(own)),
          rules.logTotal(maths.graph.constant("float64", head, [1, head.length], "table")),
        );
  return maths.where(isNone, logFloor, maths.logAddExp(inside, logFloor));
}

/** Adds the log-probabilities `[rows, 1]` of the cells of a dependent column, as computed by `dependentLogProb`. */
function addDependentLogProb(
  maths: Maths,
  column: DensityColumn & { readonly dependent: NonNullable<DensityColumn["dependent"]> },
  columns: readonly DensityColumn[],
  coded: readonly CodedCells[],
  own: CodedCells,
): GraphValue {
  const { coding, dependent } = column;
  const { tolerance } = dependent;
  const logMarginal = addColumnLogProb(maths, { coding, parents: [], members: [] }, [], own);
  const { cells, isKnown } = addFollowingCells(
    maths,
    column,
    columns,
    coded.map(({ values }) => values),
  );
  const [value, missing] = [own.values, maths.isNaN(own.values)];
  const bothMissing = maths.and(missing, maths.isNaN(cells));
  const size = maths.max(maths.unary("Abs", value), maths.unary("Abs", cells));
  const isWithin = (distance: number): GraphValue => {
    const reach = coding.columnKind === "number" ? maths.add(maths.mul(size, 1e-9), distance) : 0;
    return maths.atMost(maths.unary("Abs", maths.sub(value, cells)), reach);
  };
  const half = coding.step * 0.501;
  const isNear = isWithin(Math.max(half, tolerance));
  const isFollowing = maths.or(isNear, bothMissing);
  const delta = -Math.expm1(coding.logHead);
  const other = maths.add(logMarginal, Math.log(delta));
  // A real number that follows has a mass, beside which the density of others is nothing.
  const isReal = coding.columnKind === "number" && coding.step === 0;
  const shares = followingShares(dependent, coding.step);
  const share = shares.nearest === 1 ? 1 : maths.where(isWithin(half), shares.nearest, shares.other);
  const follows = isReal
    ? maths.fill(coding.logHead, value)
    : maths.log(
        maths.add(maths.mul(maths.exp(logMarginal), delta), maths.mul(maths.where(missing, 1, share), 1 - delta)),
      );
  const canOccur =
    (coding instanceof NumberCoding && addCanOccur(maths, coding.options, value)) ||
    maths.less(Number.NEGATIVE_INFINITY, logMarginal);
  const result = maths.where(maths.and(isFollowing, maths.or(canOccur, missing)), follows, other);
  return isKnown === undefined ? result : maths.where(isKnown, result, logMarginal);
}

/** `true` for numbers that can occur in a column that has numbers off its grid. */
function onGrid(maths: Maths, coding: CellCoding, x: GraphValue): GraphValue[] {
  if (!(coding instanceof NumberCoding) || (coding.options.offGridShare ?? 0) === 0) return [];
  const canOccur = addCanOccur(maths, coding.options, x);
  return canOccur === undefined ? [] : [canOccur];
}

/** A source of copies in a graph. */
interface GraphSource extends GraphEdge {
  readonly source: GraphValue;
  readonly isInside: GraphValue;
}

/** Adds the numbers of a source of copies. */
function addSource(
  maths: Maths,
  {
    column: { coding },
    columns,
    values,
  }: {
    readonly column: DensityColumn;
    readonly columns: readonly DensityColumn[];
    readonly values: readonly GraphValue[];
  },
  {
    from,
    signs,
    plus = 0,
    low = Number.NEGATIVE_INFINITY,
    high = Number.POSITIVE_INFINITY,
    above = 1,
    below = 1,
  }: CopySource,
): GraphSource {
  const relation = { type: "linear", weights: signs, plus } as const;
  const dependent = { from, relation, keys: [], values: [], tolerance: 0 };
  const source =
    from.length === 1 && plus === 0
      ? maths.mul(values[from[0] as number] as GraphValue, signs[0] as number)
      : addFollowingCells(maths, { coding, dependent }, columns, values).cells;
  const isInside = maths.and(maths.atMost(low, source), maths.atMost(source, high), ...onGrid(maths, coding, source));
  const edge = maths.where(isInside, source, Number.NaN);
  return { source, isInside, values: edge, isAbove: above < 1, odds: Math.min(above, below) };
}

/** Adds the log-probabilities `[rows, 1]` of cells that may be copies, as computed by `copiedLogProb`. */
function addCopies(
  maths: Maths,
  column: DensityColumn,
  columns: readonly DensityColumn[],
  coded: readonly CodedCells[],
  own: CodedCells,
): GraphValue {
  const { copies, coding, limits } = column;
  const values = coded.map((one) => one.values);
  const found = (copies?.sources ?? []).map((source) => addSource(maths, { column, columns, values }, source));
  const edge = found.find(({ odds }) => odds < 1);
  const rules = limits === undefined && edge === undefined ? undefined : new GraphLimits(maths, column, coded, edge);
  const changes = { rules, codeWeights: addCodeWeights(maths, column, columns, coded) };
  const logProb = addColumnLogProb(maths, column, coded, own, changes);
  if (copies === undefined || !mayCopy(column)) return logProb;
  const { by, shares } = copies;
  const recalled = changes.codeWeights === undefined ? copies.recalled : undefined;
  // Of cells that may become copies.
  const stays = keptCells(column);
  const free = stays
    .map((cell) => codeColumn(maths, coding, maths.fill(cell, own.values)))
    .reduce(
      (left, cell) => maths.sub(left, maths.exp(addColumnLogProb(maths, column, coded, cell, changes))),
      maths.fill(1, logProb),
    );
  const code = by === undefined ? undefined : maths.graph.cast((coded[by] as CodedCells).codes, "int64");
  let left = maths.fill(1, logProb);
  let equal = maths.fill(0, logProb);
  for (const [i, { source, isInside }] of found.entries()) {
    const isSource = limits === undefined ? isInside : maths.and(isInside, (rules as GraphLimits).keepsValues(source));
    const ofCodes = shares.map((all) => all[i] as number);
    const share = code === undefined ? (ofCodes[0] as number) : maths.lookUp(ofCodes, code);
    const part = maths.where(isSource, maths.mul(left, share), 0);
    const isEqual = isNear(maths, own.values, source);
    left = maths.sub(left, part);
    equal = maths.add(equal, maths.where(isEqual, part, 0));
  }
  if (recalled !== undefined) {
    const one = addRecalled(maths, recalled, columns, coded, own, rules);
    equal = maths.add(equal, maths.mul(left, one.equal));
    left = maths.sub(left, maths.mul(left, one.share));
  }
  const changed = maths.add(logProb, maths.log(left));
  const other = stays
    .map((cell) => (Number.isNaN(cell) ? maths.isNaN(own.values) : isNear(maths, own.values, cell)))
    .reduce((result, isKept) => maths.where(isKept, logProb, result), changed);
  return maths.where(maths.less(0, equal), maths.logAddExp(other, maths.log(maths.mul(equal, free))), other);
}

/** Adds the probability `[rows, 1]` that a cell is one of the cells that it recalls, and that it recalls its own. */
function addRecalled(
  maths: Maths,
  { by, keys, groups }: RecalledCells,
  columns: readonly DensityColumn[],
  coded: readonly CodedCells[],
  own: CodedCells,
  rules: GraphLimits | undefined,
): { readonly share: GraphValue; readonly equal: GraphValue } {
  const entries = groups.flatMap(({ values, weights }, group) =>
    values.map((value, i) => ({ value, share: weights[i] as number, key: keys[group] as readonly number[] })),
  );
  const table = (numberOf: (entry: (typeof entries)[number]) => number): GraphValue =>
    maths.graph.constant("float64", entries.map(numberOf), [1, entries.length], "table");
  const [values, all] = [table(({ value }) => value), table(({ share }) => share)];
  const hasKeys = addHasKeys(
    maths,
    by,
    entries.map(({ key }) => key),
    columns,
    coded,
  );
  const ofGroup = hasKeys === undefined ? all : maths.where(hasKeys, all, 0);
  const shares = rules === undefined ? ofGroup : maths.mul(ofGroup, rules.factorOf(values));
  return { share: maths.sum(shares), equal: maths.sum(maths.where(isNear(maths, own.values, values), shares, 0)) };
}

/** Adds flags `[rows, keys]`: `true` where a row has the cells of a key in some earlier columns. Undefined without such columns. */
function addHasKeys(
  maths: Maths,
  by: readonly number[],
  keys: readonly (readonly number[])[],
  columns: readonly DensityColumn[],
  coded: readonly CodedCells[],
): GraphValue | undefined {
  const flags = by.map((place, k) => {
    const { cells, values } = coded[place] as CodedCells;
    const own = columns[place]?.coding.columnKind === "number" ? values : maths.column(cells, 0);
    const all = keys.map((key) => key[k] as number);
    return maths.equal(own, maths.graph.constant("float64", all, [1, keys.length], "table"));
  });
  const [first, ...others] = flags;
  return first && maths.and(first, ...others);
}

/** `true` where a number is a copy of a second one, as found by `isCopy`. */
function isNear(maths: Maths, value: GraphValue, source: GraphValue | number): GraphValue {
  const size = typeof source === "number" ? Math.abs(source) : maths.unary("Abs", source);
  const reach = typeof size === "number" ? size * COPY_ROUNDING : maths.mul(size, COPY_ROUNDING);
  return maths.atMost(maths.unary("Abs", maths.sub(value, source)), reach);
}

/**
 * Adds the log-density `[rows, 1]` of the columns of a mixture that are neither given nor dependent, by a single member
 * of the mixture.
 *
 * @param coded the columns of the mixture.
 * @param others the log-density of columns other than these, by the networks.
 */
function addMemberLogProb(
  maths: Maths,
  { columns, context }: TableMixture,
  member: TableMixture["members"][number],
  coded: readonly CodedCells[],
  others: (names: readonly string[]) => GraphValue,
): GraphValue {
  const codedOf = (name: string): CodedCells => {
    const own = coded[columns.findIndex((column) => column.name === name)] as CodedCells;
    return context.includes(name) ? asGiven(maths, own) : own;
  };
  if (member instanceof NumericFlow) {
    return maths.add(addNumericFlow(maths, member, columns, codedOf), others(member.columns));
  }
  const free = columns.flatMap((column) => (isSeparate(column) || column.isGiven ? [] : [column.name]));
  const joint = (names: readonly string[]): GraphValue =>
    maths.logSumExp(
      member instanceof ProductMixture
        ? addProductTerms(maths, member, names, codedOf)
        : addNormalTerms(maths, member as NormalMixture, names, codedOf),
    );
  const whole = joint([...context, ...free]);
  if (context.length === 0) return whole;
  const before = joint(context);
  // What comes behind an impossible cell is impossible, too.
  return maths.where(maths.equal(before, Number.NEGATIVE_INFINITY), before, maths.sub(whole, before));
}

/**
 * Adds the log-density of the rows of a table.
 *
 * @param x float64 `[rows, columns]`: numbers, places of categories, NaN for missing cells.
 * @returns float64 `[rows]`.
 */
export function addTableDensity(graph: GraphBuilder, model: AnyTableDensity, x: GraphValue): GraphValue {
  const maths = new Maths(graph);
  if (model instanceof RuledDensity) {
    const logProb = addTableDensity(graph, model.ruled ?? model.density, x);
    if (model.rowRules.length === 0) return logProb;
    return maths.add(logProb, graph.reshape(addRuleFactor(maths, model, x), logProb.shape));
  }
  const { columns } = model;
  const coded = columns.map(({ coding }, k) => codeColumn(maths, coding, maths.column(x, k)));
  const byNetworks = columns.map((column, k) => {
    const own = coded[k] as (typeof coded)[number];
    if (column.isGiven) return undefined;
    const { dependent } = column;
    if (dependent !== undefined) return addDependentLogProb(maths, { ...column, dependent }, columns, coded, own);
    return addCopies(maths, column, columns, coded, own);
  });
  const sumOf = (isOne: (column: DensityColumn) => boolean): GraphValue =>
    byNetworks
      .flatMap((logProb, k) => (logProb !== undefined && isOne(columns[k] as DensityColumn) ? [logProb] : []))
      .reduce<GraphValue>((sum, one) => maths.add(sum, one), maths.fill(0, maths.column(x, 0)));
  const rows: readonly Dimension[] = [x.shape[0] as Dimension];
  if (!(model instanceof TableMixture))
    return graph.reshape(
      sumOf(() => true),
      rows,
    );
  const { parts } = model;
  const ofNetworks = sumOf((column) => !isSeparate(column));
  const share = Math.log1p(-parts.reduce((sum, { weight }) => sum + weight, 0));
  const all = parts.map(({ member, weight }) => {
    const others = (names: readonly string[]): GraphValue =>
      sumOf((column) => !isSeparate(column) && !names.includes(column.name));
    return maths.add(addMemberLogProb(maths, model, member, coded, others), Math.log(weight));
  });
  const total = all.reduce((a, b) => maths.logAddExp(a, b), maths.add(ofNetworks, share));
  return graph.reshape(
    maths.add(
      total,
      sumOf((column) => isSeparate(column)),
    ),
    rows,
  );
}
