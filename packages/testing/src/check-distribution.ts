import type { CheckOptions } from "./check-bijection.ts";
import type { DistributionCase } from "./distribution/distribution-case.ts";
import { measuredDistributionLaws } from "./distribution/distribution-laws.ts";
import { checkLaws, type LawReport } from "./law/law.ts";

/**
 * Runs all laws of a distribution on the running backend and tells how well each holds.
 *
 * @throws {LawError} laws are broken; the message lists them all.
 * @example
 * await useBackend("wasm");
 * await checkDistribution({ make: () => new StandardNormal({ shape: [1] }), integrate: { low: -9, high: 9 } });
 */
export function checkDistribution(theCase: DistributionCase, options: CheckOptions = {}): Promise<LawReport[]> {
  const name = options.name ?? "distribution";
  return checkLaws(name, measuredDistributionLaws(name, theCase, options));
}
