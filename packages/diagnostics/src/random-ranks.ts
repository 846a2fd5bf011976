import type { Key } from "@pushforward/core";

/**
 * `(r + U)/(L + 1)` for the rank r of a number among L others, `#{others below}`, with a rank drawn among its equals and U
 * uniform: exactly uniform when all are alike, for any L, and the same for any order of the draws.
 */
export interface RandomRank {
  readonly rank: number;
  readonly level: number;
}

/** Gives numbers their random ranks, each from two draws of the key. */
export class RandomRanks {
  private readonly uniforms: Float32Array;
  private at = 0;

  constructor(key: Key, count: number) {
    this.uniforms = key.uniform(2 * count);
  }

  /** The rank of the next number, of which `below` others are smaller and `equal` the same. */
  next(below: number, equal: number, draws: number): RandomRank {
    const tie = this.uniforms[this.at++] as number;
    const spread = this.uniforms[this.at++] as number;
    const rank = below + Math.floor(tie * (equal + 1));
    return { rank, level: (rank + spread) / (draws + 1) };
  }
}
