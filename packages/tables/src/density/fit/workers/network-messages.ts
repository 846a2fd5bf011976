import type { Key } from "@pushforward/core";
import type { ParameterValues } from "@pushforward/core/extend";
import type { ErrorData } from "@pushforward/core/plain";
import type { TrainEvent } from "@pushforward/training";
import type { NetworkTask } from "../network/network-task.ts";
import type { NetworkJob, NetworkState } from "../network/network-trainer.ts";

/** A job as it is sent. */
export interface SentJob extends Omit<NetworkJob, "key" | "task"> {
  readonly words: Key["words"];
  /** Undefined where it is that of the job before. */
  readonly task: NetworkTask | undefined;
}

/** What a trainer asks of its worker. */
export type NetworkRequest =
  | { readonly type: "train"; readonly job: SentJob }
  /** Some events were taken. */
  | { readonly type: "taken" }
  /** A state was stored, or could not be. */
  | { readonly type: "saved" }
  /** The job is to end soon. */
  | { readonly type: "stop" };

/** What a worker answers. */
export type NetworkReply =
  | { readonly type: "events"; readonly events: readonly TrainEvent[] }
  | { readonly type: "save"; readonly state: NetworkState }
  | { readonly type: "done"; readonly outcome: SentNetwork }
  | { readonly type: "failed"; readonly error: ErrorData };

/** A trained network as it is sent. */
export type SentNetwork =
  | { readonly weights: ReadonlyMap<string, ParameterValues>; readonly overfits: boolean }
  | "no gain"
  | "too small";
