import { parentPort } from "node:worker_threads";
import { errorToData } from "@pushforward/core/plain";
import { UserError } from "../errors/user-error.ts";
import type { ThreadAnswer } from "./in-threads.ts";

/** Answers the questions of `inThreads`, one after the other. */
export function answerInThread<Q, A>(answer: (question: Q) => Promise<A> | A): void {
  const port = parentPort;
  port?.on("message", async (question: Q) => {
    let said: ThreadAnswer<A>;
    try {
      said = { answer: await answer(question) };
    } catch (error) {
      said = error instanceof UserError ? { refusal: error.message } : { error: errorToData(error) };
    }
    port.postMessage(said);
  });
}
