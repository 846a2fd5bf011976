import { PushforwardError } from "@pushforward/core";
import type { DroppedSimulations } from "./simulation-report.ts";

/** No simulation was of use. `dropped` says how many failed, and how. */
export class SimulationError extends PushforwardError {
  override readonly name = "SimulationError";
  readonly code = "ERR_SIMULATION";
  readonly dropped: readonly DroppedSimulations[];

  constructor(message: string, dropped: readonly DroppedSimulations[], options?: ErrorOptions) {
    super(message, options);
    this.dropped = dropped;
  }
}
