import { createKey } from "@pushforward/core";

/** Seeded choices for tests that make files up. */
export class Random {
  private readonly seed: string;
  private block = 0;
  private numbers: Float32Array = new Float32Array(0);
  private used = 0;

  constructor(seed: string) {
    this.seed = seed;
  }

  /** An integer from 0 to `count` − 1. */
  below(count: number): number {
    if (this.used === this.numbers.length) {
      this.numbers = createKey(this.seed).fold(this.block).uniform(65_536);
      this.block += 1;
      this.used = 0;
    }
    return Math.floor((this.numbers[this.used++] as number) * count);
  }

  pick<T>(choices: readonly T[]): T {
    return choices[this.below(choices.length)] as T;
  }
}
