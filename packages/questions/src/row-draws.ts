import type { Key } from "@pushforward/core";
import { logSumExp } from "@pushforward/core/plain";
import type { Column, Table } from "@pushforward/datasets";
import { takeTableRows } from "@pushforward/datasets/extend";
import { type ProposalName, proposalNames, propose, type Questioned, repeatRows, weightQuality } from "./proposals.ts";

/** Draws of a row with a hole. */
export interface RowDraws {
  readonly table: Table;
  /** The first of its draws in the table. */
  readonly from: number;
  /** With the sum 1; undefined where no draw has a density. */
  readonly weights: Float64Array | undefined;
  /** Effective number of draws. */
  readonly size: number;
  /** The logarithm of the density of the cells that are known, as the draws estimate it, in nats. */
  readonly logEvidence: number;
}

/** What is drawn. */
export interface RowDrawsOptions {
  /** Draws of each row. */
  readonly draws: number;
  readonly isHole: (column: Column, row: number) => boolean;
  /** Whether a hole may be a missing cell; then all rows have their holes in the same columns. */
  readonly mayBeMissing: boolean;
  readonly key: Key;
}

/** Draws of a row in each way, which tell the best one. */
const PILOT = 25;

/** Draws the holes of each row by the way that is best in a few draws. */
export function bestDraws(questioned: Questioned, table: Table, options: RowDrawsOptions): RowDraws[] {
  const { draws, key } = options;
  const names = proposalNames(questioned);
  const all = Array.from({ length: table.rows }, (_, row) => row);
  const [only] = names;
  if (names.length === 1 && only !== undefined) return drawRows(questioned, table, all, only, options);
  const pilots = names.map((name) =>
    drawRows(questioned, table, all, name, {
      ...{ ...options, draws: Math.min(PILOT, draws) },
      key: key.fold(`pilot ${name}`),
    }),
  );
  const chosen = all.map((row) => {
    const sizes = pilots.map((answers) => answers[row]?.size ?? 0);
    return sizes.indexOf(Math.max(...sizes));
  });
  const result: RowDraws[] = [];
  for (const [place, name] of names.entries()) {
    const rows = all.filter((row) => chosen[row] === place);
    if (rows.length === 0) continue;
    const drawn = drawRows(questioned, table, rows, name, { ...options, key: key.fold(name) });
    for (const [i, one] of drawn.entries()) result[rows[i] as number] = one;
  }
  return result;
}

/** Draws the holes of some rows in one of the ways. */
function drawRows(
  questioned: Questioned,
  all: Table,
  rows: readonly number[],
  name: ProposalName,
  { draws, isHole, mayBeMissing, key }: RowDrawsOptions,
): RowDraws[] {
  const repeated = repeatRows(takeTableRows(all, rows), draws);
  const free = new Map(
    all.columns
      .filter((column) => rows.some((row) => isHole(column, row)))
      .map((column) => [
        column.name,
        Uint8Array.from({ length: repeated.rows }, (_, i) =>
          isHole(column, rows[Math.floor(i / draws)] as number) ? 1 : 0,
        ),
      ]),
  );
  const { table, logWeights } = propose(questioned, name, { table: repeated, free, mayBeMissing, key });
  return rows.map((_, i) => {
    const own = logWeights.subarray(i * draws, (i + 1) * draws);
    const quality = weightQuality(own);
    return {
      ...{ table, from: i * draws, weights: quality?.weights, size: quality?.effectiveSampleSize ?? 0 },
      logEvidence: logMeanExp(own),
    };
  });
}

/** `log mean exp` of numbers, −∞ where all of them are. */
export function logMeanExp(values: Float64Array): number {
  return logSumExp(values) - Math.log(values.length);
}
