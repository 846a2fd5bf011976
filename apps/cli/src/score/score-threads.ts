import { Worker } from "node:worker_threads";
import type { CsvTable } from "pushforward";
import { type ErrorData, errorFromData } from "pushforward/extend";
import { UserError } from "../errors/user-error.ts";
import type { RowScores, ScoreJob } from "./row-scorer.ts";

/** What a thread answers to a block of rows. */
export type ScoreAnswer =
  | { readonly scores: RowScores }
  /** A problem of the user's. */
  | { readonly refusal: string }
  | { readonly error: ErrorData };

/** Blocks that a thread has at most: the next one is there when it is done with one. */
const BLOCKS_AHEAD = 2;

/** Rows and what is known of them. */
export interface ScoredBlock {
  readonly table: CsvTable;
  readonly known: RowScores;
}

/** Scores the blocks of a table in some threads, and gives them in their order. */
export async function* scoreInThreads(
  tables: AsyncIterable<CsvTable>,
  job: ScoreJob,
  { threads, columns }: { readonly threads: number; readonly columns: readonly string[] },
): AsyncGenerator<ScoredBlock> {
  const team = Array.from({ length: threads }, () => new ScoreThread(job));
  const known = new Set(columns);
  const waiting: { readonly table: CsvTable; readonly known: Promise<RowScores> }[] = [];
  let next = 0;
  try {
    for await (const table of tables) {
      const thread = team[next++ % threads] as ScoreThread;
      // What the model does not know stays here.
      const scores = thread.score({ ...table, columns: table.columns.filter(({ name }) => known.has(name)) });
      scores.catch(() => undefined);
      waiting.push({ table, known: scores });
      if (waiting.length < BLOCKS_AHEAD * threads) continue;
      yield await done(waiting);
    }
    while (waiting.length > 0) yield await done(waiting);
  } finally {
    await Promise.all(team.map((thread) => thread.stop()));
  }
}

async function done(waiting: { readonly table: CsvTable; readonly known: Promise<RowScores> }[]): Promise<ScoredBlock> {
  const { table, known } = waiting.shift() as (typeof waiting)[number];
  return { table, known: await known };
}

interface Waiter {
  resolve(scores: RowScores): void;
  reject(error: Error): void;
}

class ScoreThread {
  private readonly worker: Worker;
  private readonly waiters: Waiter[] = [];
  private ended: Error | undefined;

  constructor(job: ScoreJob) {
    this.worker = new Worker(new URL("./score-worker.js", import.meta.url), { workerData: job, execArgv: [] });
    this.worker.on("message", (answer: ScoreAnswer) => this.answered(answer));
    this.worker.on("error", (error) => this.end(error));
    this.worker.on("exit", () => this.end(new Error("score: expected a thread to go on, got one that has ended.")));
  }

  score(table: CsvTable): Promise<RowScores> {
    if (this.ended !== undefined) return Promise.reject(this.ended);
    return new Promise((resolve, reject) => {
      this.waiters.push({ resolve, reject });
      this.worker.postMessage(table);
    });
  }

  async stop(): Promise<void> {
    await this.worker.terminate();
  }

  private answered(answer: ScoreAnswer): void {
    const waiter = this.waiters.shift();
    if ("scores" in answer) waiter?.resolve(answer.scores);
    else waiter?.reject("refusal" in answer ? new UserError(answer.refusal) : errorFromData(answer.error));
  }

  private end(error: Error): void {
    this.ended ??= error;
    for (const { reject } of this.waiters.splice(0)) reject(error);
  }
}
