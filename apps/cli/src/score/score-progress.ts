import { say } from "../output/terminal.ts";
import { durationInWords } from "../output/words.ts";

/** Milliseconds between two lines. */
const EVERY = 5000;

/** Tells now and then how many rows were scored, at which rate, and how long the others will take. */
export class ScoreProgress {
  private readonly total: number | undefined;
  private readonly start: number = performance.now();
  private told: number = this.start;
  private rows = 0;

  /** @param total rows, where they are known. */
  constructor(total: number | undefined) {
    this.total = total;
  }

  add(rows: number): void {
    this.rows += rows;
    const now = performance.now();
    if (now - this.told < EVERY) return;
    this.told = now;
    const rate = (1000 * this.rows) / (now - this.start);
    const rest = this.total === undefined ? undefined : Math.max(0, this.total - this.rows) / rate;
    const all = this.total === undefined ? "" : ` of ${this.total}`;
    say(
      `${this.rows}${all} rows, ${Math.round(rate)} per second${rest === undefined ? "" : `, ${durationInWords(rest)} left`}`,
    );
  }
}
