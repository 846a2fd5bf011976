import type { TableModel } from "@pushforward/tables";
import type { BackendName, Table } from "pushforward";
import type { NamedCounts } from "../jobs/shard-folder.ts";
import { located } from "../run/program-io.ts";
import { inThreads } from "../run/threads.ts";

/** Settings of the draws: plain data, which can be sent to a thread. */
export interface SampleJob {
  readonly modelFile: string;
  readonly backend: BackendName;
  /** Number of rows; of a conditional model, the number for each row of the context. */
  readonly count: number;
  readonly seed: number;
  readonly context?: Table | undefined;
  readonly contextFile?: string | undefined;
}

/** Number of rows of all contexts, and of rows that are drawn at once. */
interface SampleBlockSizes {
  readonly rows: number;
  readonly block: number;
  readonly threads: number;
}

/** Draws rows in several threads, and yields the rows in order: the result is the same as with a single thread. */
export async function* sampleInThreads(
  job: SampleJob,
  { rows, block, threads }: SampleBlockSizes,
): AsyncGenerator<Table> {
  // One by one: of very many rows a list of them would have no room.
  const starts = function* (): Generator<number> {
    for (let from = 0; from < rows; from += block) yield from;
  };
  const blocks = inThreads<number, number, Table>(starts(), {
    program: new URL("./sample-worker.js", import.meta.url),
    told: { ...job, modelFile: located(job.modelFile) },
    threads,
    ask: (from) => from,
  });
  for await (const { answer } of blocks) yield answer;
}

/** Counts samples below 0 in columns that had none in training: a density on all numbers knows no such bound. */
export class NegativeSamples {
  private readonly counts: Map<string, number>;
  private rows = 0;

  constructor({ nonNegative }: Pick<TableModel, "nonNegative">) {
    this.counts = new Map(nonNegative.map((name) => [name, 0]));
  }

  look(block: Table): Table {
    this.rows += block.rows;
    for (const { name, kind, values } of block.columns) {
      const count = this.counts.get(name);
      if (count === undefined || kind !== "number") continue;
      this.counts.set(name, count + values.filter((value) => value < 0).length);
    }
    return block;
  }

  /** Counts in each column up to now. */
  found(): [name: string, count: number][] {
    return [...this.counts];
  }

  /** Adds the counts of a different object for `rows` rows. */
  add(counts: NamedCounts, rows: number): void {
    this.rows += rows;
    for (const [name, count] of counts) this.counts.set(name, (this.counts.get(name) ?? 0) + count);
  }

  notes(): string[] {
    return [...this.counts].flatMap(([name, count]) =>
      count === 0
        ? []
        : [
            `"${name}" is below 0 in ${count} of ${this.rows} samples, and in none of the training rows: the model does not know this bound.`,
          ],
    );
  }
}
