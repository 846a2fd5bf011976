import type { Key } from "@pushforward/core";
import type { CellSettings } from "@pushforward/core/extend";
import { logSumExp } from "@pushforward/core/plain";
import type { Column } from "@pushforward/datasets";
import { cellComponent } from "@pushforward/ops";
import { chosenTerm, type Tilt } from "../mixtures/hole-rows.ts";
import type { AllowedCells } from "./cell-limits.ts";
import { type CellCoding, cumulate, headSize } from "./coding/category-coding.ts";
import { cellAt, columnFromCells } from "./dependent-cells.ts";

/** Drawn cells, row by row. */
export interface DrawnCells {
  readonly codes: Int32Array;
  /** Places on the normal quantile scale, for cells with the code of the mixture. */
  readonly quantiles: Float64Array;
}

/**
 * Draws a cell from each of some heads of `cellLogProb`.
 *
 * @param heads `[rows, head]`.
 * @param uniforms returns a number from 0 to 1 for each row. Default: independent numbers.
 */
export function drawCells(
  heads: ArrayLike<number>,
  settings: CellSettings,
  key: Key,
  uniforms?: (key: Key) => ArrayLike<number>,
): DrawnCells {
  const { codes: count, components } = settings;
  const size = headSize(settings);
  const rows = heads.length / size;
  const numbers = uniforms ?? ((own: Key) => own.uniform(rows));
  const choices = numbers(key.fold("code"));
  const codes = new Int32Array(rows);
  const quantiles = new Float64Array(rows);
  const [parts, places] = components > 0 ? [key.fold("component").uniform(rows), numbers(key.fold("place"))] : [];
  for (let row = 0; row < rows; row++) {
    const at = row * size;
    codes[row] = choose(heads, at, count, choices[row] as number);
    if (parts === undefined || places === undefined || codes[row] !== count - 1) continue;
    const m = choose(heads, at + count, components, parts[row] as number);
    quantiles[row] = quantileOf(heads, at + count + components, components, m, places[row] as number);
  }
  return { codes, quantiles };
}

/** Draws a column of cells, one from each head. @param uniforms as in {@link drawCells}. */
export function drawColumnOf(
  name: string,
  coding: CellCoding,
  heads: ArrayLike<number>,
  key: Key,
  uniforms?: (key: Key) => ArrayLike<number>,
): Column {
  const { codes, quantiles } = drawCells(heads, coding, key, uniforms);
  return coding.decode(name, codes, Float64Array.from(key.fold("within").uniform(codes.length)), quantiles);
}

/** How often a cell that breaks a rule is drawn again. */
const MOST_TRIES = 200;

/** How cells that keep rules are drawn. */
export interface AllowedDraws {
  readonly allowed: AllowedCells;
  /** The row of the earlier cells of each head. Default: the heads have the order of the rows. */
  readonly rows?: ArrayLike<number> | undefined;
  readonly key: Key;
}

/**
 * Draws those cells of a column again that break a rule, each from its own head, and cells beyond an edge with a probability
 * of 1 − odds.
 */
export function drawAllowed(
  drawn: Column,
  coding: CellCoding,
  heads: Float32Array,
  { allowed, rows, key }: AllowedDraws,
): Column {
  const size = headSize(coding);
  const cells = Array.from({ length: drawn.values.length }, (_, i) => cellAt(drawn, i));
  let [tried, places] = [drawn, Array.from(cells.keys())];
  for (let turn = 1; turn <= MOST_TRIES + 1; turn++) {
    const coded = coding.encode(tried);
    const coins = allowed.hasEdge ? key.fold(`edge ${turn}`).uniform(places.length) : [];
    const broken: number[] = [];
    for (const [i, place] of places.entries()) {
      const row = rows === undefined ? place : (rows[place] as number);
      const logOdds = allowed.logOdds(row, coded, i);
      const isAgain = !allowed.keeps(row, coded, i) || (logOdds < 0 && (coins[i] as number) >= Math.exp(logOdds));
      if (isAgain) broken.push(place);
      else if (turn > 1) cells[place] = cellAt(tried, i);
    }
    if (broken.length === 0) break;
    const own = new Float32Array(broken.length * size);
    for (const [i, place] of broken.entries()) own.set(heads.subarray(place * size, (place + 1) * size), i * size);
    tried = drawColumnOf(drawn.name, coding, own, key.fold(`again ${turn}`));
    places = broken;
  }
  return columnFromCells(drawn.name, drawn.kind, cells);
}

/** The quantile of a logistic component at a uniform number. @param from the place of the raw means. */
function quantileOf(heads: ArrayLike<number>, from: number, components: number, m: number, uniform: number): number {
  const [rawMean, rawScale] = [heads[from + m] as number, heads[from + components + m] as number];
  const { mean, scale } = cellComponent(rawMean, rawScale, m, components);
  // A uniform number of float32 may be 0.
  const u = Math.max(uniform, 2 ** -25);
  return mean + scale * Math.log(u / (1 - u));
}

/** Number of candidates from which a tilt chooses. */
const CANDIDATES = 16;

/** Drawn numbers, and the logarithm of the factor by which each of them was drawn more often than by its head. */
export interface TiltedNumbers {
  readonly values: Float64Array;
  readonly logFactors: Float64Array;
}

/**
 * Draws a number from each head with a tilt: it draws several candidates from the head and chooses among them in proportion
 * to their factors f. The log-probability of the choice is larger by `log f − log mean f`, with the mean over the candidates.
 * Then weights are unbiased as those of draws from the head: the mean of `g · (mean f) / f` over the choice is the mean of
 * g over the candidates.
 */
export function drawTilted(
  heads: ArrayLike<number>,
  coding: CellCoding,
  key: Key,
  { logFactors: ofRange, bounds = new Float64Array() }: Tilt,
  { uniforms, shifts }: TiltedDraws,
): TiltedNumbers {
  const rows = shifts.length;
  const { codes, quantiles } = drawCandidates(heads, coding, key, uniforms);
  const within = Float64Array.from(key.fold("within").uniform(codes.length));
  const candidates = coding.decode("", codes, within, quantiles).values as Float64Array;
  const choices = uniforms(key.fold("choice"));
  const terms = new Float64Array(CANDIDATES);
  const values = new Float64Array(rows);
  const logFactors = new Float64Array(rows);
  for (let row = 0; row < rows; row++) {
    const from = row * CANDIDATES;
    for (let c = 0; c < CANDIDATES; c++) {
      const range = rangeOf(bounds, (candidates[from + c] as number) - (shifts[row] as number));
      terms[c] = ofRange[range] as number;
    }
    const total = logSumExp(terms);
    const chosen = chosenTerm(terms, total, choices[row] as number);
    values[row] = candidates[from + chosen] as number;
    logFactors[row] = (terms[chosen] as number) - total + Math.log(CANDIDATES);
  }
  return { values, logFactors };
}

/** How tilted numbers are drawn. */
interface TiltedDraws {
  /** Returns a number from 0 to 1 for each row. */
  readonly uniforms: (key: Key) => ArrayLike<number>;
  /** Subtracted from the candidates of each row before their range is looked up. */
  readonly shifts: Float64Array;
}

/** Draws several cells from each head, which is turned into probabilities once. */
function drawCandidates(
  heads: ArrayLike<number>,
  settings: CellSettings,
  key: Key,
  uniforms: (key: Key) => ArrayLike<number>,
): DrawnCells {
  const { codes: count, components } = settings;
  const size = headSize(settings);
  const rows = heads.length / size;
  const codes = new Int32Array(rows * CANDIDATES);
  const quantiles = new Float64Array(codes.length);
  const parts = key.fold("component").uniform(codes.length);
  const numbers = (name: string) => Array.from({ length: CANDIDATES }, (_, c) => uniforms(key.fold(`${name} ${c}`)));
  const [choices, places] = [numbers("code"), numbers("place")];
  const ofCode = new Float64Array(count);
  const ofComponent = new Float64Array(components);
  for (let row = 0; row < rows; row++) {
    const at = row * size;
    cumulate(ofCode, heads, at);
    cumulate(ofComponent, heads, at + count);
    for (let c = 0, to = row * CANDIDATES; c < CANDIDATES; c++, to++) {
      codes[to] = firstAbove(ofCode, choices[c]?.[row] as number);
      if (codes[to] !== count - 1) continue;
      const m = firstAbove(ofComponent, parts[to] as number);
      quantiles[to] = quantileOf(heads, at + count + components, components, m, places[c]?.[row] as number);
    }
  }
  return { codes, quantiles };
}

/** The place that a uniform number chooses by running sums. */
function firstAbove(sums: Float64Array, u: number): number {
  const last = sums.length - 1;
  const goal = u * (sums[last] as number);
  let place = 0;
  while (place < last && goal >= (sums[place] as number)) place++;
  return place;
}

/** 0 for a missing cell, 1 for a number up to the first bound, and so on. */
export function rangeOf(bounds: Float64Array, value: number): number {
  if (Number.isNaN(value)) return 0;
  let range = 1;
  while (range <= bounds.length && value > (bounds[range - 1] as number)) range++;
  return range;
}

/** The place that a uniform number chooses by the softmax of some logits. */
function choose(logits: ArrayLike<number>, from: number, count: number, u: number): number {
  let highest = Number.NEGATIVE_INFINITY;
  for (let k = 0; k < count; k++) highest = Math.max(highest, logits[from + k] as number);
  let total = 0;
  for (let k = 0; k < count; k++) total += Math.exp((logits[from + k] as number) - highest);
  let left = u * total;
  for (let k = 0; k < count - 1; k++) {
    left -= Math.exp((logits[from + k] as number) - highest);
    if (left < 0) return k;
  }
  return count - 1;
}
