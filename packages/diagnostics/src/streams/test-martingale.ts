import { type Bets, CELLS } from "./bets.ts";

/** Rows after which the start of a drift becomes less likely at first. */
const START_SCALE = 32;

/**
 * The capital of a gambler who bets against p-values being independent and uniform, from 1 on. While they are, it is a
 * martingale, and reaches 1/α with a probability of at most α, at any time (Ville 1939).
 *
 * The capital is divided among all bets and all rows at which a drift may begin; what waits for later rows is not at stake, so
 * that a quiet stream costs little: after t rows `1/√(1 + ln(1 + t/32))` still waits. All starts of a bet are one number,
 * because from its start on each is multiplied by the same payments.
 */
export class TestMartingale {
  private readonly bets: Bets;
  /** The capital of each bet that has begun. */
  private readonly stakes: Float64Array;
  private rows = 0;
  private waiting = 1;

  constructor(bets: Bets) {
    this.bets = bets;
    this.stakes = new Float64Array(bets.count);
  }

  /** The capital after one more p-value in [0, 1). */
  step(p: number): number {
    const { stakes } = this;
    const { count, shares, payments } = this.bets;
    const still = 1 / Math.sqrt(1 + Math.log1p(++this.rows / START_SCALE));
    const begins = this.waiting - still;
    this.waiting = still;
    const from = Math.floor(p * CELLS) * count;
    let sum = still;
    for (let j = 0; j < count; j++) {
      const stake = ((stakes[j] as number) + begins * (shares[j] as number)) * (payments[from + j] as number);
      stakes[j] = stake;
      sum += stake;
    }
    return sum;
  }

  /** Begins again with a capital of 1. */
  restart(): void {
    this.stakes.fill(0);
    this.rows = 0;
    this.waiting = 1;
  }
}
