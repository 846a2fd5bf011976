import type { BijectionCase, LawOptions } from "./bijection/bijection-case.ts";
import { measuredBijectionLaws } from "./bijection/bijection-laws.ts";
import { checkLaws, type LawReport } from "./law/law.ts";

/** How to run all laws of one case. */
export interface CheckOptions extends LawOptions {
  /** Name of the case in messages. */
  readonly name?: string;
}

/**
 * Runs all laws of a bijection on the running backend and tells how well each holds.
 *
 * @throws {LawError} laws are broken; the message lists them all.
 * @example
 * await useBackend("wasm");
 * await checkBijection({ make: () => new AffineElementwise({ features: 3 }), eventShape: [3] });
 */
export function checkBijection(theCase: BijectionCase, options: CheckOptions = {}): Promise<LawReport[]> {
  const name = options.name ?? "bijection";
  return checkLaws(name, measuredBijectionLaws(name, theCase, options));
}
