import type { FitCommandOptions } from "./fit-command-options.ts";
import type { Voice } from "./voice.ts";

/** A fit that has begun. */
export interface FitJob {
  readonly file: string;
  /** Name of the table, for messages. */
  readonly source: string;
  readonly options: FitCommandOptions;
  readonly voice: Voice;
  readonly isReplaced: boolean;
}
