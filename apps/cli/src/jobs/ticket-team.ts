import { Worker } from "node:worker_threads";
import { UserError } from "../errors/user-error.ts";
import type { Ticket } from "./queue.ts";

/** What a thread answers to a ticket: what it did, in words. */
export type TicketAnswer = { readonly done: string } | { readonly refusal: string };

/** Threads that do tickets, each one at a time. */
export class TicketTeam {
  private readonly folder: string;
  private readonly idle: Worker[] = [];
  private readonly all: Set<Worker> = new Set();
  private readonly running: Set<Promise<void>> = new Set();

  /** @param folder that threads may read from and write to. */
  constructor(folder: string) {
    this.folder = folder;
  }

  /**
   * Does a ticket in a thread that has nothing to do, or in a new one.
   *
   * @returns what was done, in words.
   * @throws {UserError} what went wrong, in one sentence.
   */
  run(ticket: Ticket): Promise<string> {
    const running = this.runInThread(ticket);
    const settled = running.then(
      () => undefined,
      () => undefined,
    );
    this.running.add(settled);
    void settled.then(() => this.running.delete(settled));
    return running;
  }

  /** Waits for the tickets that were begun. */
  async settled(): Promise<void> {
    await Promise.all(this.running);
  }

  private async runInThread(ticket: Ticket): Promise<string> {
    const thread = this.idle.pop() ?? this.start();
    const answer = await new Promise<TicketAnswer>((resolve) => {
      const end = (given: TicketAnswer): void => {
        thread.off("message", end).off("error", fail).off("exit", exit);
        resolve(given);
      };
      const fail = (error: Error): void => end({ refusal: `expected a thread to go on, got ${error.message}.` });
      const exit = (): void => end({ refusal: "expected a thread to go on, got one that has ended." });
      thread.on("message", end).on("error", fail).on("exit", exit);
      thread.postMessage(ticket);
    });
    if (this.all.has(thread)) this.idle.push(thread);
    if ("refusal" in answer) throw new UserError(answer.refusal);
    return answer.done;
  }

  async stop(): Promise<void> {
    await Promise.all([...this.all].map((thread) => thread.terminate()));
  }

  private start(): Worker {
    const thread = new Worker(new URL("./job-thread.js", import.meta.url), {
      workerData: this.folder,
      execArgv: [],
    });
    const gone = (): void => {
      this.all.delete(thread);
      const place = this.idle.indexOf(thread);
      if (place >= 0) this.idle.splice(place, 1);
    };
    thread.on("error", gone).on("exit", gone);
    this.all.add(thread);
    return thread;
  }
}
