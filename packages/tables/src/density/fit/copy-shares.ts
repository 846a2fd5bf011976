import { logAddExp } from "@pushforward/core/plain";

const ITERATIONS = 100;
/** Weight in rows of the shares of all rows. */
const SHARED_ROWS = 4;

/** Whether a row has no number to copy, a different one, or an equal one. */
export const NONE = 0;
export const DIFFERENT = 1;
export const EQUAL = 2;

/** The cells of a column as its networks see them. */
export interface CopyCells {
  /** Log-probabilities without copies, in proportion to q of `CopiedCells`. */
  readonly networks: Float64Array;
  /** log q. */
  readonly logFree: Float64Array;
  /** 1 for cells that stay if the networks draw them. */
  readonly isKept: Uint8Array;
}

/** Rows with a code each, and the shares of all rows. */
interface CodedRows {
  readonly codes: readonly number[];
  readonly count: number;
  readonly known?: readonly number[] | undefined;
}

const ALL_ROWS: CodedRows = { codes: [], count: 1 };

/** Shares of the sources with the maximum likelihood. */
export class CopyShares {
  readonly matches: readonly Uint8Array[];
  /** The shares by code. */
  readonly shares: readonly (readonly number[])[];
  /** The log-probabilities of all rows. */
  readonly logProb: Float64Array;
  readonly cells: CopyCells;

  /** @param groups the code of each row, the number of codes, and shares without codes. Default: a single code. */
  constructor(matches: readonly Uint8Array[], cells: CopyCells, groups?: CodedRows) {
    this.matches = matches;
    this.cells = cells;
    this.shares = this.likeliest(groups);
    this.logProb = cells.networks.map((value, row) => {
      const { parts, left } = this.split(row, this.shares[groups?.codes[row] ?? 0] as readonly number[]);
      const equal = sumOf(parts);
      const other = Math.log(left) + value;
      return (cells.logFree[row] as number) + (equal > 0 ? logAddExp(other, Math.log(equal)) : other);
    });
  }

  /**
   * By expectation–maximization. Half a row more of each kind, or rows with the shares without codes, keep each share
   * between 0 and 1.
   */
  private likeliest({ codes, count, known }: CodedRows = ALL_ROWS): readonly (readonly number[])[] {
    const { matches } = this;
    const { networks, isKept } = this.cells;
    const weight = known === undefined ? 1 : SHARED_ROWS;
    const added = matches.map((_, i) => weight * (known?.[i] ?? 0.5));
    const perCode = (own: readonly number[]): number[][] => Array.from({ length: count }, () => own.slice());
    const plus = (sums: readonly number[][], code: number, i: number, value: number): void => {
      const own = sums[code] as number[];
      own[i] = (own[i] as number) + value;
    };
    // Rows without an equal cell have the same counts in each iteration.
    const idle = perCode(matches.map(() => weight));
    const equal: number[] = [];
    for (const row of networks.keys()) {
      if (matches.some((match) => match[row] === EQUAL)) equal.push(row);
      else if (isKept[row] === 0)
        for (const [i, match] of matches.entries()) if (match[row] !== NONE) plus(idle, codes[row] ?? 0, i, 1);
    }
    let shares: readonly (readonly number[])[] = perCode(known ?? matches.map(() => 0.5));
    for (let turn = 0; turn < ITERATIONS; turn++) {
      const copied = perCode(added);
      const turns = idle.map((own) => own.slice());
      for (const row of equal) {
        const code = codes[row] ?? 0;
        const { parts, left } = this.split(row, shares[code] as readonly number[]);
        const all = sumOf(parts) + left * Math.exp(networks[row] as number);
        // A kept cell that is no copy was never a choice between copies.
        let rest = isKept[row] === 1 ? sumOf(parts) / all : 1;
        for (const [i, part] of parts.entries()) {
          if (matches[i]?.[row] === NONE) continue;
          plus(turns, code, i, rest);
          plus(copied, code, i, part / all);
          rest -= part / all;
        }
      }
      shares = copied.map((own, code) => own.map((value, i) => value / (turns[code]?.[i] as number)));
    }
    return shares;
  }

  /** The probability that a row copies each source that it equals, and the factor of the networks. */
  private split(row: number, shares: readonly number[]): { readonly parts: number[]; readonly left: number } {
    let left = 1;
    const parts = this.matches.map((match, i) => {
      if (match[row] === NONE) return 0;
      const part = left * (shares[i] as number);
      left -= part;
      return match[row] === EQUAL ? part : 0;
    });
    return { parts, left: this.cells.isKept[row] === 1 ? 1 : left };
  }
}

export function sumOf(values: ArrayLike<number>): number {
  let sum = 0;
  for (let i = 0; i < values.length; i++) sum += values[i] as number;
  return sum;
}
