import { describeModel } from "@pushforward/serialization";
import { standardRegistry } from "./standard-registry.ts";

/**
 * The tree of a model as text: its parts with their settings, shapes and numbers of trainable parameters.
 *
 * @throws {OptionError} the model has a part that is not built in; use `describeModel(model, standardRegistry.extend(codec))`.
 * @example
 * console.log(describe(flow));
 */
export function describe(model: object): string {
  return describeModel(model, standardRegistry);
}
