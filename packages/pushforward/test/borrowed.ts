import type { ConditionalDistribution, Distribution, Key } from "@pushforward/core";
import type { DistributionCase } from "@pushforward/testing";

/** A case of a distribution that somebody else owns, as it is: the laws neither move nor dispose it. */
export function borrowed(
  distribution: Distribution | ConditionalDistribution,
  integrate: NonNullable<DistributionCase["integrate"]>,
): DistributionCase {
  return { make: () => view(distribution as Distribution), integrate };
}

function view(flow: Distribution): Distribution {
  return {
    batchShape: flow.batchShape,
    eventShape: flow.eventShape,
    logProb: (x) => flow.logProb(x),
    sample: (key: Key, shape) => flow.sample(key, shape),
    sampleAndLogProb: (key: Key, shape) => flow.sampleAndLogProb(key, shape),
  };
}
