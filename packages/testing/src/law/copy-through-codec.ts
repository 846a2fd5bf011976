import type { Json, ParameterTree, Registry } from "@pushforward/core";
import { isModule, shapesEqual } from "@pushforward/core/extend";
import { Violation } from "./comparison.ts";

/** A second object, by way of the text of a model file; its parameters are copied by path. */
export function copyThroughCodec(value: object, registry: Registry): object {
  const text = JSON.stringify(registry.encode(value));
  const copy = registry.decode(JSON.parse(text) as Json);
  const source: ParameterTree = isModule(value) ? value.parameters() : new Map();
  const target: ParameterTree = isModule(copy) ? copy.parameters() : new Map();
  const paths = [...source.keys()].join(", ");
  if (paths !== [...target.keys()].join(", ")) {
    throw new Violation(`the decoded object to have the parameters ${paths}`, [...target.keys()].join(", "));
  }
  for (const [path, parameter] of source) {
    const other = target.get(path);
    if (!other || !shapesEqual(other.shape, parameter.shape) || other.trainable !== parameter.trainable) {
      throw new Violation(`parameter "${path}" of the decoded object to have its shape and kind`, "another");
    }
    other.write(parameter.read());
  }
  return copy;
}
