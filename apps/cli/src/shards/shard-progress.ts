import { say } from "../output/terminal.ts";
import { durationInWords } from "../output/words.ts";
import type { RunPlan } from "./run-plan.ts";
import type { ShardRecord } from "./shard-record.ts";

/** Milliseconds between two lines. */
const EVERY = 5000;

/** Tells now and then how many shards are done, at which rate, and how long the others will take. */
export class ShardProgress {
  private readonly total: number;
  private readonly start: number = performance.now();
  private told: number = this.start;
  private asked: number = this.start;
  private done = 0;
  private readonly doneBefore: number;
  private rows = 0;

  /** @param records of the shards that are done already. */
  constructor({ shards }: RunPlan, records: Iterable<ShardRecord>) {
    this.total = shards.length;
    this.doneBefore = [...records].length;
    if (this.doneBefore > 0) say(`${this.doneBefore} of ${this.total} shards are done already`);
  }

  add({ rows }: ShardRecord): void {
    this.done += 1;
    this.rows += rows;
    const now = performance.now();
    if (now - this.told < EVERY) return;
    this.told = now;
    const seconds = (now - this.start) / 1000;
    const all = this.doneBefore + this.done;
    const left = ((this.total - all) * seconds) / this.done;
    say(
      `${all} of ${this.total} shards, ${Math.round(this.rows / seconds)} rows per second, ${durationInWords(left)} left`,
    );
  }

  /** Whether nothing was done for a while; true once in a while. */
  isWaiting(): boolean {
    const now = performance.now();
    if (this.done > 0 || now - this.asked < EVERY) return false;
    this.asked = now + 6 * EVERY;
    return true;
  }
}
