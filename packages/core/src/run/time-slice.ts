import { macrotask } from "./macrotask.ts";

/** Longest time in ms that work keeps the event loop, by default. */
const MILLISECONDS = 25;

/**
 * Cuts long work into slices, so that timers, input, an AbortSignal and the browser's screen get their turn in between.
 *
 * @example
 * const slice = new TimeSlice();
 * let sum = 0;
 * for (let i = 0; i < 1e6; i++) {
 *   sum += Math.sqrt(i);
 *   if (slice.isOver) await slice.breathe();
 * }
 */
export class TimeSlice {
  private start: number = performance.now();
  private readonly milliseconds: number;

  constructor(milliseconds: number = MILLISECONDS) {
    this.milliseconds = milliseconds;
  }

  /** True when it is time to breathe. */
  get isOver(): boolean {
    return performance.now() - this.start >= this.milliseconds;
  }

  /** Lets the event loop run when the slice is over. */
  async breathe(): Promise<void> {
    if (!this.isOver) return;
    await macrotask();
    this.start = performance.now();
  }
}
