import { quantile } from "@pushforward/core/plain";

/** Times of one action, repeated; all in milliseconds. */
export interface Timing {
  readonly median: number;
  /** The tenth percentile. */
  readonly fast: number;
  readonly count: number;
  /** Of all repetitions together. */
  readonly wall: number;
  /** Processor time of all repetitions together, of all threads. */
  readonly cpu: number;
  /** What else the figure depends on. */
  readonly note?: string;
}

/**
 * Collects the times between laps. Half the seconds, and at least two laps, warm the engine up; then at
 * least three laps count, unless they are so slow that they would take five times the seconds.
 */
export class Stopwatch {
  private readonly seconds: number;
  private readonly times: number[] = [];
  private readonly start: number = performance.now();
  private warmUps = 0;
  private measured = 0;
  private last = 0;
  private cpu: NodeJS.CpuUsage | undefined;

  constructor(seconds: number) {
    this.seconds = seconds;
  }

  /** Ends a lap; true when there are enough. */
  lap(): boolean {
    const now = performance.now();
    if (this.cpu === undefined) {
      this.warmUps++;
      const elapsed = (now - this.start) / 1000;
      if ((this.warmUps >= 2 && elapsed >= this.seconds / 2) || elapsed > this.seconds) {
        this.cpu = process.cpuUsage();
        this.measured = performance.now();
        this.last = this.measured;
      }
      return false;
    }
    this.times.push(now - this.last);
    this.last = now;
    const elapsed = (now - this.measured) / 1000;
    return (this.times.length >= 3 && elapsed >= this.seconds) || elapsed > 5 * this.seconds;
  }

  timing(): Timing {
    const { user, system } = process.cpuUsage(this.cpu);
    const sorted = Float64Array.from(this.times).sort();
    return {
      median: quantile(sorted, 0.5),
      fast: quantile(sorted, 0.1),
      count: this.times.length,
      wall: this.last - this.measured,
      cpu: (user + system) / 1000,
    };
  }
}
