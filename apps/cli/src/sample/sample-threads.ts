import type { BackendName, Table } from "pushforward";
import { located } from "../run/program-io.ts";
import { inThreads } from "../run/threads.ts";

/** What is drawn: plain data, so that a thread can be told. */
export interface SampleJob {
  readonly modelFile: string;
  readonly backend: BackendName;
  /** Number of rows; of a conditional model, the number for each row of the context. */
  readonly count: number;
  readonly seed: number;
  readonly context?: Table | undefined;
  readonly contextFile?: string | undefined;
}

/** The rows of all contexts, and how many of them are drawn at once. */
interface SampleBlockSizes {
  readonly rows: number;
  readonly block: number;
  readonly threads: number;
}

/** Draws rows in some threads, and gives them in their order: they are those that one thread draws. */
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
