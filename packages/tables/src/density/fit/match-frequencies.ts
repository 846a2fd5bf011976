import { ResidualMlp } from "@pushforward/conditioners";
import type { Table } from "@pushforward/datasets";
import { CELL_SIZE, type CellCoding, type CodedColumn, columnOf } from "../coding/category-coding.ts";
import { NumberCoding } from "../coding/number-coding.ts";
import type { ColumnDensity } from "../column-density.ts";
import { allowedCells, BLOCK, headsOfAll, memberHeads, shareOfCodes } from "../column-heads.ts";
import { isKept as isKeptNumber, isLimited } from "../copied-cells.ts";
import type { DensityColumn } from "../density-column.ts";
import type { TableDensity } from "../table-density.ts";
import { thinned } from "./encoded-columns.ts";
import type { NetworkRows } from "./network/network-task.ts";

/** A code with fewer training rows is left as it is: its frequency is mostly chance. */
const LEAST_COUNT = 20;
/** A code with fewer training rows has one step, which leaves a part of the change to the network. */
const LEAST_REPEATED = 200;
/** The largest change of a bias, in nats. */
const LARGEST = 2;
/** Most sweeps, and the largest step of the last one, in nats. */
const SWEEPS = 20;
const LAST_STEP = 0.002;
/** Most probabilities that are kept: of more rows, only some are evaluated. */
const MOST_SHARES = 2e7;
const MOST_ROWS = 20_000;

/**
 * Adjusts the biases of a trained head so that the mean probability of each code over the training rows equals its frequency.
 * Training stops early and averages weights, which would change the frequencies of missing cells and values. By iterative
 * scaling (Deming and Stephan 1940):
 *
 *     bₖ ← bₖ + log (nₖ / n) − log meanᵢ p(k | contextᵢ)
 *
 * Only for codes that no different part of the head covers; with a mixture, these are missing cells and frequent values.
 */
export function matchFrequencies(density: ColumnDensity, { rows, cells, context }: NetworkRows): void {
  const { codes } = density.head;
  const counts = pureCounts(cells, codes);
  if (!counts.some((count) => count >= LEAST_COUNT)) return;
  const width = density.contextShape[0] as number;
  const step = Math.ceil((rows * codes) / MOST_SHARES);
  const shares = new Float32Array(Math.ceil(rows / step) * codes);
  for (let from = 0, at = 0; from < rows; from += BLOCK * step) {
    const places = Array.from({ length: Math.min(BLOCK, Math.ceil((rows - from) / step)) }, (_, i) => from + i * step);
    const some = new Float32Array(places.length * width);
    for (const [i, place] of places.entries())
      some.set(context.subarray(place * width, (place + 1) * width), i * width);
    const heads = memberHeads(density, some, places.length);
    for (let i = 0; i < places.length; i++, at += codes) shares.set(shareOfCodes(heads, i, density.head), at);
  }
  addToBiases([density], changesOf(counts, rows, shares));
}

/**
 * Adjusts the biases of the columns with rules so that the mean probability of each frequent code equals its frequency: a head
 * that is normalized over the cells that keep the rules adds a part of the probability of all other cells to each of these.
 */
export function matchRuledFrequencies({ columns }: TableDensity, table: Table): void {
  if (!columns.some((column) => isLimited(column) && column.members.length > 0)) return;
  const rows = thinned(table, MOST_ROWS);
  const coded = columns.map(({ name, coding }) => coding.encode(columnOf(rows, name), "own"));
  for (const [k, column] of columns.entries()) {
    if (isLimited(column) && column.members.length > 0) {
      matchLimited(column, coded, coded[k] as CodedColumn, rows.rows);
    }
  }
}

/** As {@link matchRuledFrequencies}, for one column with rules or an edge. @param own its cells. */
export function matchLimited(
  column: DensityColumn,
  coded: readonly CodedColumn[],
  own: CodedColumn,
  rows: number,
): void {
  const { coding, members, copies } = column;
  const { codes } = coding;
  const numberOf = (code: number): number =>
    coding instanceof NumberCoding ? (coding.options.atoms[code] ?? Number.NaN) : Number.NaN;
  const counts = pureCounts(own.cells, codes).map((count, code) =>
    copies === undefined || copies.sources.length === 0 || isKeptNumber(copies, numberOf(code)) ? count : 0,
  );
  const pure = [...counts.keys()].filter((code) => (counts[code] as number) >= LEAST_COUNT);
  if (pure.length === 0) return;
  const allowed = allowedCells(column, coded, rows);
  const cells = pure.map((code) => cellOf(coding, code));
  // The matched codes, and the share of all other cells.
  const width = pure.length + 1;
  const shares = new Float32Array(rows * members.length * width);
  let at = 0;
  for (let from = 0; from < rows; from += BLOCK) {
    for (const heads of headsOfAll(column, coded, from, Math.min(rows, from + BLOCK))) {
      for (const [i, logKept] of allowed.logKept(heads, from).entries()) {
        const probabilities = shareOfCodes(heads, i, coding);
        let rest = Math.exp(logKept);
        for (const [c, code] of pure.entries()) {
          const isKept = allowed.keeps(from + i, cells[c] as CodedCell, 0);
          const odds = isKept ? Math.exp(allowed.logOdds(from + i, cells[c] as CodedCell, 0)) : 0;
          const share = odds * (probabilities[code] as number);
          shares[at + c] = share;
          rest -= share;
        }
        shares[at + pure.length] = Math.max(rest, LEAST_REST);
        at += width;
      }
    }
  }
  const matched = changesOf(Float64Array.of(...pure.map((code) => counts[code] as number), 0), rows, shares);
  const changes = new Float64Array(codes);
  for (const [c, code] of pure.entries()) changes[code] = matched[c] as number;
  addToBiases(members, changes);
}

/** So that a row in which no cell keeps the rules has a total. */
const LEAST_REST = 1e-9;

type CodedCell = Pick<CodedColumn, "cells" | "values">;

/** One cell with a code. */
function cellOf(coding: CellCoding, code: number): CodedCell {
  const cells = new Float32Array(CELL_SIZE);
  cells[0] = code;
  if (!(coding instanceof NumberCoding)) return { cells, values: undefined };
  return { cells, values: Float64Array.of(coding.options.atoms[code] ?? Number.NaN) };
}

/** Number of training rows per code; 0 for codes that the mixture also covers. */
function pureCounts(cells: Float32Array, codes: number): Float64Array {
  const counts = new Float64Array(codes);
  const isShared = new Uint8Array(codes);
  for (let at = 0; at < cells.length; at += CELL_SIZE) {
    const code = cells[at] as number;
    if (code < 0) continue;
    counts[code] = (counts[code] as number) + 1;
    if (cells[at + CELL_SIZE - 1] !== 0) isShared[code] = 1;
  }
  return counts.map((count, code) => (isShared[code] === 1 ? 0 : count));
}

/**
 * The changes of the logits of codes that give frequent codes their frequencies.
 *
 * @param shares in proportion to the probabilities of the codes at each context, `[contexts, codes]`.
 */
function changesOf(counts: Float64Array, rows: number, shares: Float32Array): Float64Array {
  const changes = new Float64Array(counts.length);
  for (let sweep = 0, last = 1; sweep < SWEEPS && last > LAST_STEP; sweep++) {
    const means = meanShares(shares, changes.map(Math.exp));
    last = 0;
    for (const [code, count] of counts.entries()) {
      if (count < (sweep === 0 ? LEAST_COUNT : LEAST_REPEATED)) continue;
      const before = changes[code] as number;
      const after = before + Math.log(count / rows / (means[code] as number));
      changes[code] = Math.min(Math.max(after, -LARGEST), LARGEST);
      last = Math.max(last, Math.abs((changes[code] as number) - before));
    }
  }
  return changes;
}

/** The probabilities of codes, averaged over contexts, if their odds change by some factors. */
function meanShares(shares: Float32Array, factors: Float64Array): Float64Array {
  const codes = factors.length;
  const sums = new Float64Array(codes);
  for (let from = 0; from < shares.length; from += codes) {
    let total = 0;
    for (let code = 0; code < codes; code++) total += (shares[from + code] as number) * (factors[code] as number);
    for (let code = 0; code < codes; code++) {
      sums[code] = (sums[code] as number) + (shares[from + code] as number) / total;
    }
  }
  const contexts = shares.length / codes;
  return sums.map((sum, code) => (sum * (factors[code] as number)) / contexts);
}

function addToBiases(members: readonly ColumnDensity[], changes: Float64Array): void {
  for (const { network } of members) {
    const bias = network instanceof ResidualMlp ? network.layers.at(-1)?.bias : undefined;
    if (bias === undefined) continue;
    const values = Float32Array.from(bias.read());
    for (const [code, change] of changes.entries()) values[code] = (values[code] as number) + change;
    bias.write(values);
  }
}
