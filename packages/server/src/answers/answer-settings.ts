import type { Lane, WorkerSettings } from "../workers/messages.ts";

/** How requests are answered. */
export interface AnswerSettings extends WorkerSettings {
  /** In the light lane, requests that may take long are only checked. Default: heavy. */
  readonly lane?: Lane | undefined;
}
