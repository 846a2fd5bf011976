import { ModelFileError, PushforwardError } from "../errors/errors.ts";

/**
 * Builds an object from a config that a file gave. What its constructor refuses is the fault of the file.
 *
 * @throws {ModelFileError} in place of any other `PushforwardError`.
 * @example
 * const stored = { features: 3 };
 * const identity = constructStored("me/elementwise", () => new AffineElementwise(stored));
 */
export function constructStored<T>(type: string, build: () => T): T {
  try {
    return build();
  } catch (error) {
    if (!(error instanceof PushforwardError) || error instanceof ModelFileError) throw error;
    throw new ModelFileError("config", `${type}: ${error.message}`, { cause: error });
  }
}
