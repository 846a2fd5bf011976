import type { Key } from "@pushforward/core";
import { type CellSettings, makePlan, type PlanMatrix, type PlanOrReason } from "@pushforward/core/extend";
import { logAddExp, softmax } from "@pushforward/core/plain";
import type { Column } from "@pushforward/datasets";
import { cellLogProb, cellLogProbStep, PlanCache, runPlanOnArrays } from "@pushforward/ops";
import * as tf from "@tensorflow/tfjs-core";
import { AllowedCells, type CodedCells } from "./cell-limits.ts";
import {
  CELL_SIZE,
  type CellCoding,
  type CodedColumn,
  headSize,
  logShares,
  type RowOrigin,
} from "./coding/category-coding.ts";
import { NumberCoding } from "./coding/number-coding.ts";
import type { ColumnDensity } from "./column-density.ts";
import { edgeOf, isLimited, keptCells, logFreeOf, mayCopy, possibleCopiesIn, recalledCodes } from "./copied-cells.ts";
import type { DensityColumn, DependentDensityColumn } from "./density-column.ts";
import { cellAt, columnFromCells, followingCells, followingShares, isFollowing, NOTHING } from "./dependent-cells.ts";
import { addWeights } from "./recalled-cells.ts";

/** Rows that are computed at once. */
export const BLOCK = 4096;

const plans = new PlanCache<PlanOrReason>();

/** Returns the head of each row for drawing a column. Each row uses a single random member. */
export function headsOf(column: DensityColumn, coded: readonly CodedColumn[], rows: number, key: Key): Float32Array {
  const { coding, members } = column;
  if (members.length === 0) return marginalHeads(coding, rows);
  const size = headSize(coding);
  const heads = new Float32Array(rows * size);
  const choices = key.fold("member").uniform(members.length > 1 ? rows : 0);
  const chosen = Array.from(
    { length: rows },
    (_, row) => members[Math.min(members.length - 1, Math.floor((choices[row] ?? 0) * members.length))],
  );
  for (let from = 0; from < rows; from += BLOCK) {
    const block = Array.from({ length: Math.min(rows - from, BLOCK) }, (_, i) => from + i);
    const context = contextOf(column.parents, coded, from, from + block.length);
    for (const member of members) {
      // Each row needs the head of one member only.
      const own = block.filter((row) => chosen[row] === member);
      if (own.length === 0) continue;
      const values = headsAt(member, own, from, context);
      for (const [i, row] of own.entries()) heads.set(values.subarray(i * size, (i + 1) * size), row * size);
    }
  }
  addRecalled(heads, column, rows, (place) => coded[place] as CodedColumn);
  return heads;
}

/** Adds the weights of the codes that a column recalls to the heads of some rows. @param cellsOf as in {@link allowedCellsBy}. */
export function addRecalled(
  heads: Float32Array,
  column: DensityColumn,
  rows: number,
  cellsOf: (place: number) => CodedCells,
): void {
  const recalled = recalledCodes(column);
  if (recalled !== undefined) addWeights(heads, column.coding, recalled, recalled.groupsOf(rows, cellsOf));
}

/** The heads of some rows of a block that begins at a row, by one member. */
function headsAt(member: ColumnDensity, rows: readonly number[], from: number, block: Float32Array): Float32Array {
  const width = member.contextShape[0] as number;
  const context = new Float32Array(rows.length * width);
  for (const [i, row] of rows.entries()) {
    context.set(block.subarray((row - from) * width, (row - from + 1) * width), i * width);
  }
  return memberHeads(member, context, rows.length);
}

/** The heads of a member at contexts `[rows, context]`. */
export function memberHeads(member: ColumnDensity, context: Float32Array, rows: number): Float32Array {
  const planOf = () => plans.get(member, ["head"], () => headPlan(member));
  const [heads] = runPlanOnArrays(planOf, [context], rows) ?? [];
  if (heads !== undefined) return heads;
  let values = new Float32Array();
  // Nothing is returned: `tidy` would look for tensors in each number.
  tf.tidy(() => {
    const tensor = tf.tensor2d(context, [rows, member.contextShape[0] as number]);
    values = member.apply(tensor).dataSync() as Float32Array<ArrayBuffer>;
  });
  return values;
}

/** The head of an independent column: the frequencies of its codes, without a mixture. */
export function marginalHead(coding: CellCoding): Float32Array {
  const head = new Float32Array(headSize(coding));
  head.set(coding.logMarginal);
  if (coding.components > 0) head[coding.codes - 1] = -1e9;
  return head;
}

/** {@link marginalHead} for each row. */
export function marginalHeads(coding: CellCoding, rows: number): Float32Array {
  const head = marginalHead(coding);
  const heads = new Float32Array(rows * head.length);
  for (let i = 0; i < rows; i++) heads.set(head, i * head.length);
  return heads;
}

function headPlan(member: ColumnDensity): PlanOrReason {
  return makePlan([member.contextShape[0] as number], (plan, [context]) => [
    member.lowerHead(plan, context as PlanMatrix),
  ]);
}

/**
 * The contexts of some rows: the codes of the parents, then the features of parents that have features.
 *
 * @param allocate returns zeros to write to. Default: a new array.
 */
export function contextOf(
  parents: readonly number[],
  coded: readonly CodedColumn[],
  from: number,
  to: number,
  allocate: (length: number) => Float32Array = (length) => new Float32Array(length),
): Float32Array {
  const read = parents.map((k) => coded[k] as CodedColumn);
  const width = read.reduce((sum, { featureCount }) => sum + featureCount, read.length);
  const context = allocate((to - from) * width);
  for (let i = from, at = 0; i < to; i++) {
    for (const { codes } of read) context[at++] = codes[i] as number;
    for (const { features, featureCount } of read) {
      for (let j = i * featureCount; j < (i + 1) * featureCount; j++) context[at++] = features[j] as number;
    }
  }
  return context;
}

/** Some rows of a coded column, in their order. */
export function takeCoded(column: CodedColumn, rows: readonly number[]): CodedColumn {
  const { codes, cells, logFloor, features, featureCount, values } = column;
  // Columns are drawn as a whole more often than not, and a copy for each column behind it takes a fifth of the time.
  if (rows.length === codes.length) return column;
  const size = cells.length / codes.length;
  const result = {
    codes: Float32Array.from(rows, (row) => codes[row] as number),
    cells: new Float32Array(rows.length * size),
    logFloor: Float64Array.from(rows, (row) => logFloor[row] as number),
    features: new Float32Array(rows.length * featureCount),
    featureCount,
    values: values && Float64Array.from(rows, (row) => values[row] as number),
  };
  for (const [i, row] of rows.entries()) {
    result.cells.set(cells.subarray(row * size, (row + 1) * size), i * size);
    result.features.set(features.subarray(row * featureCount, (row + 1) * featureCount), i * featureCount);
  }
  return result;
}

/**
 * The log-probabilities of the cells of a column given the columns before it, in nats.
 *
 * @param coded all columns of some rows.
 * @param own the column itself.
 */
export function columnLogProb(
  column: DensityColumn,
  coded: readonly CodedColumn[],
  own: CodedColumn,
  rows: number,
): Float64Array {
  const { copies, coding } = column;
  const others = keptCells(column).map((cell) => sameCells(coding, cell, rows));
  const [logProb, ...logTaken] = uncopiedLogProbs(column, coded, [own, ...others], rows) as [Float64Array];
  if (!mayCopy(column) || own.values === undefined) return logProb;
  const { values } = own;
  const logFree = logFreeOf(logTaken, rows);
  const possible = possibleCopiesIn(column, coded, rows);
  return logProb.map((value, row) => possible.logProb(row, value, values[row] as number, logFree[row], copies?.kept));
}

/** The same number in all rows; NaN for missing cells. */
export function sameCells(coding: CellCoding, cell: number, rows: number): CodedColumn {
  return takeCoded(coding.encode(columnFromCells("", "number", [cell])), new Array(rows).fill(0));
}

/** The log-probabilities of some columns of cells at the same rows, without copies. */
function uncopiedLogProbs(
  column: DensityColumn,
  coded: readonly CodedColumn[],
  columns: readonly CodedColumn[],
  rows: number,
): Float64Array[] {
  const { coding, members, parents } = column;
  if (isLimited(column) || recalledCodes(column) !== undefined) return headLogProbs(column, coded, columns, rows);
  if (members.length === 0) return columns.map((own) => marginalLogProb(coding, own, "new"));
  const results = columns.map(() => new Float64Array(rows));
  const shared = coding.logHead - Math.log(members.length);
  for (let from = 0; from < rows; from += BLOCK) {
    const to = Math.min(rows, from + BLOCK);
    const cellsOf = ({ cells }: CodedColumn): Float32Array => cells.subarray(from * CELL_SIZE, to * CELL_SIZE);
    const [first, ...others] = memberLogProbs(
      members,
      coding,
      contextOf(parents, coded, from, to),
      columns.map(cellsOf),
    );
    for (const [k, own] of columns.entries()) {
      const result = results[k] as Float64Array;
      for (let i = from; i < to; i++) {
        let sum = first?.[k]?.[i - from] as number;
        for (const values of others) sum = logAddExp(sum, values[k]?.[i - from] as number);
        result[i] = logAddExp(shared + sum, own.logFloor[i] as number);
      }
    }
  }
  return results;
}

/** As {@link uncopiedLogProbs}, for a column with rules or recalled codes. */
function headLogProbs(
  column: DensityColumn,
  coded: readonly CodedColumn[],
  columns: readonly CodedColumn[],
  rows: number,
): Float64Array[] {
  const { coding, members } = column;
  const allowed = isLimited(column) ? allowedCells(column, coded, rows) : undefined;
  const logSums = columns.map(() => new Float64Array(rows).fill(Number.NEGATIVE_INFINITY));
  for (let from = 0; from < rows; from += BLOCK) {
    const to = Math.min(rows, from + BLOCK);
    for (const heads of headsOfAll(column, coded, from, to)) {
      const logTotals = allowed?.logTotals(heads, from);
      for (const [c, own] of columns.entries()) {
        const sums = logSums[c] as Float64Array;
        const values = headsLogProb(own.cells.subarray(from * CELL_SIZE, to * CELL_SIZE), heads, coding);
        for (const [i, value] of values.entries()) {
          sums[from + i] = logAddExp(sums[from + i] as number, value - (logTotals?.[i] ?? 0));
        }
      }
    }
  }
  const shared = coding.logHead - Math.log(Math.max(1, members.length));
  return columns.map((own, c) =>
    (logSums[c] as Float64Array).map((sum, row) =>
      logAddExp(shared + sum + (allowed?.logFactor(row, own) ?? 0), own.logFloor[row] as number),
    ),
  );
}

/** The probabilities of the codes of a column `[rows, codes]` by its networks, which are trained. */
export function codeShares(column: DensityColumn, coded: readonly CodedColumn[], rows: number): Float32Array {
  const { coding, members } = column;
  const { codes } = coding;
  const shares = new Float32Array(rows * codes);
  for (let from = 0; from < rows; from += BLOCK) {
    const to = Math.min(rows, from + BLOCK);
    for (const heads of headsOfAll(column, coded, from, to)) {
      for (let row = from; row < to; row++) {
        for (const [code, share] of shareOfCodes(heads, row - from, coding).entries()) {
          const at = row * codes + code;
          shares[at] = (shares[at] as number) + share / Math.max(1, members.length);
        }
      }
    }
  }
  return shares;
}

/** The probabilities of the codes by the head of a row. */
export function shareOfCodes(heads: Float32Array, row: number, head: CellSettings): ReturnType<typeof softmax> {
  const from = row * headSize(head);
  return softmax(heads.subarray(from, from + head.codes));
}

/** The cells of a column with rules that keep these rules, in rows of coded columns. */
export function allowedCells(column: DensityColumn, coded: readonly CodedColumn[], rows: number): AllowedCells {
  return allowedCellsBy(column, rows, (place) => coded[place] as CodedColumn);
}

/** As {@link allowedCells}. @param cellsOf the cells of an earlier column in these rows. */
export function allowedCellsBy(
  column: DensityColumn,
  rows: number,
  cellsOf: (place: number) => CodedCells,
): AllowedCells {
  const none = new Float64Array(rows).fill(Number.NaN);
  const edge = edgeOf(column, rows, (place) => cellsOf(place).values ?? none);
  return new AllowedCells(column, rows, cellsOf, edge);
}

/** The heads of some rows by each member; by the frequencies of the codes if there is none. */
export function headsOfAll(
  column: DensityColumn,
  coded: readonly CodedColumn[],
  from: number,
  to: number,
): readonly Float32Array[] {
  const { coding, members, parents } = column;
  if (members.length === 0) return [marginalHeads(coding, to - from)];
  const context = contextOf(parents, coded, from, to);
  const all = members.map((member) => memberHeads(member, context, to - from));
  const recalled = recalledCodes(column);
  if (recalled === undefined) return all;
  const groups = recalled.groupsOf(to - from, (place) => cellsBetween(coded[place] as CodedColumn, from, to));
  for (const heads of all) addWeights(heads, coding, recalled, groups);
  return all;
}

function cellsBetween({ cells, values }: CodedCells, from: number, to: number): CodedCells {
  return { cells: cells.subarray(from * CELL_SIZE, to * CELL_SIZE), values: values?.subarray(from, to) };
}

/** For each member the log-probabilities of some columns of cells `[rows, 5]` at the same contexts. */
function memberLogProbs(
  members: readonly ColumnDensity[],
  coding: CellCoding,
  context: Float32Array,
  columns: readonly Float32Array[],
): readonly (readonly Float32Array[])[] {
  const count = columns.length;
  const rows = (columns[0] as Float32Array).length / CELL_SIZE;
  // One plan for all members, because the overhead of calls dominates for few rows.
  const key = ["cells", members.length, count];
  const planOf = () => plans.get(members[0] as ColumnDensity, key, () => membersPlan(members, count));
  const planned = runPlanOnArrays(planOf, [context, ...columns], rows);
  return members.map((member, m) => {
    if (planned !== undefined) return planned.slice(m * count, (m + 1) * count);
    const heads = memberHeads(member, context, rows);
    return columns.map((cells) => headsLogProb(cells, heads, coding));
  });
}

function membersPlan(members: readonly ColumnDensity[], columns: number): PlanOrReason {
  const [context] = (members[0] as ColumnDensity).contextShape as readonly [number];
  return makePlan([context, ...new Array<number>(columns).fill(CELL_SIZE)], (plan, [contexts, ...cells]) =>
    members.flatMap((member) => {
      const heads = member.lowerHead(plan, contexts as PlanMatrix);
      return cells.map((own) => cellLogProbStep(plan, own, heads, member.head));
    }),
  );
}

/**
 * The log-probabilities of the cells of a column by the frequencies of its codes alone, in nats.
 *
 * @param own cells that are encoded with this origin.
 */
export function marginalLogProb(
  { counts, logHead }: CellCoding,
  { cells, logFloor }: CodedColumn,
  origin: RowOrigin,
): Float64Array {
  const logShare = origin === "new" ? logShares(counts) : logSharesOfOthers(counts);
  return logFloor.map((floor, row) => {
    const code = cells[row * CELL_SIZE] as number;
    if (code < 0) return floor;
    return logAddExp(logHead + (logShare[code] as number) + (cells[row * CELL_SIZE + 1] as number), floor);
  });
}

/** For each code the logarithm of its leave-one-out share: one row with this code is left out. */
function logSharesOfOthers(counts: readonly number[]): Float64Array {
  const total = counts.reduce((sum, count) => sum + count + 0.5, 0);
  return Float64Array.from(counts, (count) => Math.log((Math.max(count - 1, 0) + 0.5) / (total - 1)));
}

/**
 * The log-probabilities of the cells of a dependent column. They are `log((1 − δ)/n + δ·m)` for the n cells that may
 * follow (more than one if files round), and `log(δ·m)` for any other cell. m is the marginal distribution of the
 * column and δ = 1/(rows + 1). A real number that follows has `log(1 − δ)`.
 */
export function dependentLogProb(
  column: DependentDensityColumn,
  sources: readonly Column[],
  own: Column,
  coded: CodedColumn,
): Float64Array {
  const { coding, dependent } = column;
  const rows = own.values.length;
  const logMarginal = columnLogProb({ ...column, parents: [], members: [] }, [], coded, rows);
  const following = followingCells(dependent, sources, rows, coding);
  // log(1 − δ) is known, and so is δ.
  const delta = -Math.expm1(coding.logHead);
  const shares = followingShares(dependent, coding.step);
  const shareOf = (cell: unknown, expected: unknown): number => {
    if (typeof cell !== "number" || typeof expected !== "number") return 1;
    return isFollowing(cell, expected, coding.step, 0) ? shares.nearest : shares.other;
  };
  return logMarginal.map((logProb, row) => {
    const expected = following[row];
    if (expected === NOTHING || logProb === Number.NEGATIVE_INFINITY) return logProb;
    const cell = cellAt(own, row);
    const isOffGrid = typeof cell === "number" && coding instanceof NumberCoding && !coding.canOccur(cell);
    const isExpected =
      !isOffGrid && isFollowing(cell, expected as string | number | undefined, coding.step, dependent.tolerance);
    // A real number that follows has a mass, beside which the density of others is nothing.
    if (!isExpected) return Math.log(delta) + logProb;
    return coding.columnKind === "number" && coding.step === 0
      ? coding.logHead
      : Math.log((1 - delta) * shareOf(cell, expected) + delta * Math.exp(logProb));
  });
}

/** The log-probability of cells `[rows, 5]` by heads. */
export function headsLogProb(cells: Float32Array, heads: Float32Array, coding: CellSettings): Float32Array {
  const rows = cells.length / CELL_SIZE;
  const size = headSize(coding);
  const settings = { codes: coding.codes, components: coding.components };
  const planOf = () => plans.get(coding, ["cells"], () => cellPlan(settings));
  const [logProb] = runPlanOnArrays(planOf, [cells, heads], rows) ?? [];
  if (logProb !== undefined) return logProb;
  const result = new Float32Array(rows);
  for (let from = 0; from < rows; from += BLOCK) {
    const to = Math.min(rows, from + BLOCK);
    tf.tidy(() => {
      const cell = tf.tensor2d(cells.subarray(from * CELL_SIZE, to * CELL_SIZE), [to - from, CELL_SIZE]);
      const head = tf.tensor2d(heads.subarray(from * size, to * size), [to - from, size]);
      result.set(cellLogProb(cell, head, settings).dataSync(), from);
    });
  }
  return result;
}

function cellPlan(settings: { readonly codes: number; readonly components: number }): PlanOrReason {
  return makePlan([CELL_SIZE, headSize(settings)], (plan, [cells, head]) => [
    cellLogProbStep(plan, cells as PlanMatrix, head as PlanMatrix, settings),
  ]);
}

/** The share of missing cells in a head that begins at an index. */
export function missingShare(heads: Float32Array, from: number, { codes, missingCode = 0 }: CellCoding): number {
  let highest = Number.NEGATIVE_INFINITY;
  for (let k = 0; k < codes; k++) highest = Math.max(highest, heads[from + k] as number);
  let total = 0;
  for (let k = 0; k < codes; k++) total += Math.exp((heads[from + k] as number) - highest);
  return Math.exp((heads[from + missingCode] as number) - highest) / total;
}
