import type { Json } from "pushforward";
import type { ModelInfo, Outcome } from "../shared/protocol.ts";
import type { Settings } from "../shared/settings.ts";

/** How a model was trained, for the metadata of its file. */
export function fitMetadata(
  { flow, parameters }: ModelInfo,
  settings: Settings | undefined,
  outcome: Outcome | undefined,
): Record<string, Json> {
  return {
    flow,
    parameters,
    ...(outcome === undefined
      ? {}
      : {
          validationNll: outcome.validationNll,
          trainNll: outcome.trainNll,
          stopped: outcome.reason,
          steps: outcome.step,
        }),
    ...(settings === undefined ? {} : { seed: settings.seed, backend: settings.backend }),
  };
}
