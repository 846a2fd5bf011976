import { OptionError } from "@pushforward/core";
import { logAddExp } from "@pushforward/core/plain";
import type { Table } from "@pushforward/datasets";
import { checkTable, joinNumbers, joinTables, takeTableRows } from "@pushforward/datasets/extend";
import { askedDraws, type DrawCounts, type HoleRows, type HoleTask, someDraws } from "../mixtures/hole-rows.ts";
import type { RowMixture } from "../mixtures/row-mixture.ts";
import { type DensityColumn, isSeparate } from "./density-column.ts";
import { fillDetermined } from "./determined-cells.ts";
import { NetworkDraws } from "./network-draws.ts";

/** Any mixture over rows. */
// biome-ignore lint/suspicious/noExplicitAny: what it is made of does not matter here.
export type AnyRowMixture = RowMixture<any, any>;

/** Rows with drawn holes and importance weights. The draws of each row are consecutive. */
export interface DrawnHoles {
  readonly table: Table;
  /** `log p(row) − log q(cells in its holes)`, in nats. Their mean within a row estimates the density of its known cells. */
  readonly logWeights: Float64Array;
  /** Number of draws of each row, from the first one, that are drawn in the order of the columns. */
  readonly inOrder: number;
  /** By the name of a column: 1 for each draw with a number that follows from a known copy. */
  readonly pulled: ReadonlyMap<string, Uint8Array>;
}

/** A density made of networks and mixtures. */
export interface MixedDensity {
  readonly columns: readonly DensityColumn[];
  /**
   * The weight of each mixture in the density; 0 for a mixture that is only a proposal. The rest is the weight of the
   * networks.
   */
  readonly mixtures: readonly { readonly mixture: AnyRowMixture; readonly weight: number }[];
  /** Parts without known conditionals. The draws that the networks evaluate represent them, too. */
  readonly others?: readonly PartOfLastColumns[];
}

/** A part of a density: the networks for the columns before a place, and a density of the columns from it on. */
interface PartOfLastColumns {
  readonly from: number;
  /** The log-density of the columns from the place on that are not separate. */
  readonly logProb: (rows: Table) => Float64Array;
  readonly weight: number;
}

/** Mixtures that are only proposals. */
export function onlyProposals(mixtures: readonly AnyRowMixture[]): MixedDensity["mixtures"] {
  return mixtures.map((mixture) => ({ mixture, weight: 0 }));
}

/** Maximum share of copies for draws by mixtures alone, which know no copies. */
const MANY_COPIES = 0.3;
/** Minimum number of draws that networks evaluate, and the share of these that the networks draw themselves. */
const LEAST_JUDGED = 8;
const OWN_SHARE = 0.5;
/**
 * Draws the holes of rows with weights that represent the density given the known cells:
 *
 *     p(row) = Σₘ wₘ pₘ(row) + (1 − Σₘ wₘ) p_networks(row)
 *
 * The conditionals of the mixtures are known, so each mixture contributes draws of its own part. The part of the
 * networks has draws in the order of the columns, and additional draws of the mixtures. Each draw is weighted as a draw
 * of the mixture of all these proposals (the balance heuristic of Veach and Guibas 1995), `p_networks(x) / Σₖ αₖ
 * qₖ(x)`. For each column a randomly drawn network evaluates the draw. The density is linear in the product of the
 * network probabilities, so the weights remain the weights of a proper sampler at the cost of one network.
 *
 * Draws of a mixture rarely agree with a known copy of a number in a hole. With such a copy, all draws have the weight
 * `p(row) / Σₖ αₖ qₖ(x)`, because draws in the order of the columns often use the number of the copy.
 */
export function drawHoles(density: MixedDensity, asked: HoleTask): DrawnHoles {
  checkTable("drawHoles", asked.table);
  const { columns, mixtures } = density;
  const given = columns.find(({ name, isGiven }) => isGiven && asked.holes.get(name)?.includes(1));
  if (given !== undefined) {
    throw new OptionError(`drawHoles: expected all cells of the context column "${given.name}", got holes.`);
  }
  const task = { ...asked, ...fillDetermined(columns, asked) };
  const areCopied = copiedRows(columns, task);
  const isOneWay = mixtures.every(({ weight }) => weight === 0) || new Set(areCopied).size < 2;
  if (isOneWay) return drawInOneWay(density, task, areCopied.includes(true));
  // Rows with known copies take many evaluations of the networks, the other rows few.
  const parts = [true, false].map((isCopied) => {
    const rows = [...areCopied.keys()].filter((row) => areCopied[row] === isCopied);
    const own = { ...someRows(task, rows), key: task.key.fold(isCopied ? "copied" : "other") };
    return { rows, drawn: drawInOneWay(density, own, isCopied) };
  });
  return joinParts(parts, task.times);
}

function someRows(task: HoleTask, rows: readonly number[]): HoleTask {
  const masks = Array.from(task.holes, ([name, mask]) => [name, takeFlags(mask, rows)] as const);
  const holes = new Map(masks.filter(([, mask]) => mask.includes(1)));
  return { ...task, table: takeTableRows(task.table, rows), holes };
}

function takeFlags(flags: Uint8Array, rows: readonly number[]): Uint8Array {
  return Uint8Array.from(rows, (row) => flags[row] as number);
}

/** The draws of all parts by row. */
function joinParts(
  parts: readonly { readonly rows: readonly number[]; readonly drawn: DrawnHoles }[],
  times: number,
): DrawnHoles {
  const rows = parts.flatMap((part) => part.rows);
  const places = new Int32Array(rows.length);
  for (const [place, row] of rows.entries()) places[row] = place;
  const order = Array.from({ length: rows.length * times }, (_, i) => {
    return (places[Math.floor(i / times)] as number) * times + (i % times);
  });
  return takeDraws(joinDraws(parts.map(({ drawn }) => drawn)), order);
}

/** The draws of all parts, one part after the other. */
export function joinDraws(parts: readonly DrawnHoles[]): DrawnHoles {
  const names = new Set(parts.flatMap(({ pulled }) => [...pulled.keys()]));
  const rows = parts.reduce((sum, { table }) => sum + table.rows, 0);
  const pulled = Array.from(names, (name) => {
    const flags = new Uint8Array(rows);
    let from = 0;
    for (const part of parts) {
      flags.set(part.pulled.get(name) ?? [], from);
      from += part.table.rows;
    }
    return [name, flags] as const;
  });
  return {
    table: joinTables(parts.map(({ table }) => table)) as Table,
    logWeights: joinNumbers(parts.map(({ logWeights }) => logWeights)),
    inOrder: Math.min(...parts.map(({ inOrder }) => inOrder)),
    pulled: new Map(pulled),
  };
}

/** The draws at some places. */
export function takeDraws({ table, logWeights, inOrder, pulled }: DrawnHoles, places: readonly number[]): DrawnHoles {
  return {
    table: takeTableRows(table, places),
    logWeights: Float64Array.from(places, (place) => logWeights[place] as number),
    inOrder,
    pulled: new Map(Array.from(pulled, ([name, flags]) => [name, takeFlags(flags, places)])),
  };
}

/** @param isCopied `true` if a known cell of a row is probably a copy of a number in a hole. */
function drawInOneWay({ columns, mixtures, others = [] }: MixedDensity, task: HoleTask, isCopied: boolean): DrawnHoles {
  const { table, holes, times, mayBeMissing, key } = task;
  // Separate columns are no draws of a mixture.
  const unread = new Set(columns.flatMap((column) => (isSeparate(column) ? [column.name] : [])));
  const context = columns.flatMap(({ name, isGiven }) => (isGiven ? [name] : []));
  const drawing = mixtures.map(({ mixture, weight }) => {
    const rows = mixture.holes({ table, holes, mayBeMissing, unread });
    if (context.length === 0) return { rows, weight };
    return { rows: givenContext(rows, mixture.conditional(table, [], context).logProb()), weight };
  });
  const counts = drawCounts({ columns, mixtures }, task, isCopied);
  const { judged, byOrder, ofMixtures, alone } = counts;
  const isWhole = judged === times;
  const networks = new NetworkDraws(columns, task, counts);
  for (const part of [ofMixtures, alone]) {
    for (const [m, { rows }] of drawing.entries()) {
      const count = part[m] as number;
      if (count > 0)
        networks.cells.place(rows.draw(key.fold(part === alone ? "alone" : "judged").fold(m), count), count);
    }
  }
  const logBefore = networks.run(others.map(({ from }) => from));
  const { logNetworks, logOrder, logDependent } = networks;
  const drawn = networks.cells.drawn();
  const whole = networks.cells.table();
  const weights = [...mixtures, ...others].reduce((sum, { weight }) => sum + weight, 0);
  const logQ = logOrder.map((value) => value + Math.log(byOrder / judged));
  const logWeights = logNetworks.map(
    (value) => value + Math.log1p(-Math.min(weights, 1 - 1e-12)) + Math.log(times / judged),
  );
  for (const [o, { logProb, weight }] of others.entries()) {
    const first = askedDraws(times, (i) => i < judged);
    const values = logProb(someDraws(whole, times, first));
    const added = { before: logBefore[o] as Float64Array, plus: Math.log((weight * times) / judged) };
    addFirst(logWeights, values, { ...added, times, count: judged });
  }
  let from = judged;
  for (const [m, { rows, weight }] of drawing.entries()) {
    const [count, own] = [ofMixtures[m] as number, alone[m] as number];
    const to = from + own;
    // The density of the mixture is a part of the density of these draws.
    const isInWhole = isWhole && weight > 0;
    const isPart = (i: number): boolean => isInWhole || (i >= from && i < to);
    // Where cells may be missing the density is exactly that of the model: in the order of its columns.
    const isExact = mayBeMissing && (isInWhole || own > 0);
    const isJudgedHere = count > 0 || (isInWhole && !isExact);
    const { byHoles, byColumns } = rows.logJoint(drawn, times, {
      byHoles: (i) => (i < judged ? isJudgedHere : isExact && isPart(i)),
      byColumns: (i) => isExact && isPart(i),
    });
    if (isInWhole) {
      const density = isExact ? byColumns : byHoles;
      addLogs(logWeights, density, { from: 0, count: logWeights.length, minus: 0, plus: Math.log(weight) });
    }
    for (let row = 0; row < table.rows; row++) {
      const [evidence, start] = [rows.logEvidence[row] as number, row * times];
      if (count > 0)
        addLogs(logQ, byHoles, { from: start, count: judged, minus: evidence, plus: Math.log(count / judged) });
      const [first, last] = [start + from, start + to];
      logWeights.fill(Math.log(weight) + evidence, first, last);
      if (isExact) addDifference(logWeights, byHoles, byColumns, first, last);
      addConstant(logWeights, first, last, Math.log(times / own));
    }
    from = to;
  }
  divide(logWeights, logDependent, logQ, judged, times);
  return { table: whole, logWeights, inOrder: byOrder, pulled: networks.pulled() };
}

/** The rows of a mixture given their context: the densities of the context are removed from all densities. */
function givenContext(rows: HoleRows, logContext: Float64Array): HoleRows {
  const minus = (values: Float64Array, times: number): Float64Array =>
    values.map((value, i) => value - (logContext[Math.floor(i / times)] as number));
  return {
    logEvidence: minus(rows.logEvidence, 1),
    draw: (key, times) => rows.draw(key, times),
    logJoint: (drawn, times, asked) => {
      const { byHoles, byColumns } = rows.logJoint(drawn, times, asked);
      return { byHoles: minus(byHoles, times), byColumns: minus(byColumns, times) };
    },
  };
}

// These loops over all draws are functions of arrays: they are compiled once and soon, the function above is not.

/** Numbers of an array that are added, after a subtraction and an addition. */
interface AddedLogs {
  readonly from: number;
  readonly count: number;
  readonly minus: number;
  readonly plus: number;
}

/** `log(exp(a) + exp(b − minus + plus))` instead of a. NaN adds nothing. */
function addLogs(sums: Float64Array, values: Float64Array, { from, count, minus, plus }: AddedLogs): void {
  for (let i = from; i < from + count; i++) {
    const value = (values[i] as number) - minus + plus;
    if (!Number.isNaN(value)) sums[i] = logAddExp(sums[i] as number, value);
  }
}

/** The first `count` of the `times` draws of each row, and logarithms that are added to theirs. */
interface FirstDraws {
  readonly times: number;
  readonly count: number;
  /** A number of each draw. */
  readonly before: Float64Array;
  readonly plus: number;
}

/** `log(exp(a) + exp(before + b + plus))` instead of a, for the first draws of each row. */
function addFirst(sums: Float64Array, values: Float64Array, { times, count, before, plus }: FirstDraws): void {
  for (let i = 0; i < values.length; i++) {
    const at = Math.floor(i / count) * times + (i % count);
    sums[at] = logAddExp(sums[at] as number, (before[at] as number) + (values[i] as number) + plus);
  }
}

/** Adds the difference of two densities of some draws. */
function addDifference(sums: Float64Array, minus: Float64Array, plus: Float64Array, from: number, to: number): void {
  for (let i = from; i < to; i++) sums[i] = (sums[i] as number) + ((plus[i] as number) - (minus[i] as number));
}

function addConstant(values: Float64Array, from: number, to: number, constant: number): void {
  for (let i = from; i < to; i++) values[i] = (values[i] as number) + constant;
}

/**
 * Multiplies the weights by the factors of separate columns, and divides them by the probabilities of the proposals for
 * draws that are judged.
 */
function divide(
  logWeights: Float64Array,
  logDependent: Float64Array,
  logQ: Float64Array,
  judged: number,
  times: number,
): void {
  for (let i = 0; i < logWeights.length; i++) {
    const proposed = i % times < judged ? (logQ[i] as number) : 0;
    const weight = (logWeights[i] as number) + (logDependent[i] as number) - proposed;
    logWeights[i] = proposed === Number.NEGATIVE_INFINITY || Number.isNaN(weight) ? Number.NEGATIVE_INFINITY : weight;
  }
}

/** Each part of the density gets draws by its weight. */
function drawCounts({ columns, mixtures }: MixedDensity, task: HoleTask, isCopied: boolean): DrawCounts {
  const { times } = task;
  const all = mixtures.reduce((sum, { weight }) => sum + weight, 0);
  const alone = mixtures.map(() => 0);
  if (all > 0 && !isCopied) {
    const judged = Math.min(times, Math.max(LEAST_JUDGED, Math.round(times * (1 - all))));
    let left = times - judged;
    for (const [m, { weight }] of mixtures.entries()) {
      alone[m] = m === mixtures.length - 1 ? left : Math.round(((times - judged) * weight) / all);
      left -= alone[m] as number;
    }
  }
  const judged = times - alone.reduce((sum, count) => sum + count, 0);
  const isExact = mixtures.length === 0 || (task.isInOrder ?? comeLast(columns, task));
  const byOrder = isExact ? judged : Math.ceil(OWN_SHARE * judged);
  const ofMixtures = mixtures.map((_, m) => Math.floor((judged - byOrder + m) / mixtures.length));
  return { judged, byOrder, ofMixtures, alone };
}

/** For each row `true` if a known cell is probably a copy of a number in a hole. */
function copiedRows(columns: readonly DensityColumn[], { table, holes }: HoleTask): boolean[] {
  const isHole = (name: string | undefined, row: number): boolean => holes.get(name ?? "")?.[row] === 1;
  const result = Array.from({ length: table.rows }, () => false);
  for (const { name, copies } of columns) {
    const often = (copies?.sources ?? []).filter((_, i) => copies?.shares.some((own) => (own[i] ?? 0) > MANY_COPIES));
    const terms = often.flatMap(({ from }) => from.map((place) => columns[place]?.name));
    if (terms.length === 0) continue;
    for (const row of result.keys()) {
      result[row] ||= !isHole(name, row) && terms.some((term) => isHole(term, row));
    }
  }
  return result;
}

/** `true` if no known cell follows a hole. Then the networks draw from the exact distribution. */
function comeLast(columns: readonly DensityColumn[], { table, holes }: HoleTask): boolean {
  for (let row = 0; row < table.rows; row++) {
    let isBehind = false;
    for (const { name } of columns) {
      const isHole = holes.get(name)?.[row] === 1;
      if (isBehind && !isHole) return false;
      isBehind ||= isHole;
    }
  }
  return true;
}
