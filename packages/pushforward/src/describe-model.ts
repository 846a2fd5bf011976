import type { Registry } from "@pushforward/core";
import { describeModel as describeWith } from "@pushforward/serialization";
import { standardRegistry } from "./standard-registry.ts";

/**
 * The tree of a model as text: its parts with their settings, shapes and numbers of trainable parameters.
 *
 * @param registry default: all built-in types.
 * @throws {OptionError} the model has a part of a type that the registry does not know; use
 *   `standardRegistry.extend(codec)`.
 * @example
 * console.log(describeModel(flow));
 */
export function describeModel(model: object, registry: Registry = standardRegistry): string {
  return describeWith(model, registry);
}
