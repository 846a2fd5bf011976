import { DisposedError } from "@pushforward/core";
import { isModule } from "@pushforward/core/extend";
import * as tf from "@tensorflow/tfjs-core";
import { KEPT, type Measurement, Violation } from "./comparison.ts";
import { inTidy } from "./in-tidy.ts";

/**
 * The law of a module's life: after a use and `dispose()`, twice, no tensor of it is left, and a further use throws
 * `DisposedError`.
 */
export function disposeLaw<T extends object>(make: () => T, use: (value: T) => void): Measurement {
  return inTidy(() => {
    const before = tf.memory().numTensors;
    const value = make();
    // What make leaves to the enclosing tidy is not the module's.
    const borrowed = tf.memory().numTensors - before;
    inTidy(() => use(value));
    if (!isModule(value)) return KEPT;
    const { size } = value.parameters();
    value.dispose();
    value.dispose();
    const left = tf.memory().numTensors - before - borrowed;
    if (left > 0) throw new Violation("dispose to free every tensor of the module", `${left} left`);
    if (size === 0) return KEPT;
    try {
      inTidy(() => use(value));
    } catch (error) {
      if (error instanceof DisposedError) return KEPT;
      throw new Violation("DisposedError from a disposed module", String(error));
    }
    throw new Violation("DisposedError from a disposed module", "a result");
  });
}
