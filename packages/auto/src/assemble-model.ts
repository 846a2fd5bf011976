import type { ConditionalDistribution, Distribution, Module } from "@pushforward/core";
import { ConditionalMixture, Mixture } from "@pushforward/distributions";
import { ConditionalFlow, Flow } from "@pushforward/flows";
import { type Chain, ConstantAffine, chain, invert } from "@pushforward/transforms";
import type { Member } from "./member.ts";
import type { PreparedRows } from "./prepare-rows.ts";

/** The model of some members, in the units of the table: one member as it is, several as a mixture. It owns them. */
export function assembleModel(
  members: readonly Member[],
  weights: readonly number[],
  { standardisation, contextStandardisation }: Pick<PreparedRows, "standardisation" | "contextStandardisation">,
): Flow | ConditionalFlow {
  const { mean, sd } = standardisation;
  const units = new ConstantAffine({ shift: mean, scale: sd });
  const [only, ...others] = members as [Member, ...Member[]];
  const isConditional = only instanceof ConditionalFlow;
  const transform = chain(others.length === 0 ? [...(only.transform as Chain).layers, units] : [units]);
  if (!isConditional) {
    const base: Distribution & Module =
      others.length === 0
        ? (only.base as Distribution & Module)
        : new Mixture({ components: members as Flow[], weights });
    return new Flow(base, transform);
  }
  const base: Distribution | ConditionalDistribution =
    others.length === 0 ? only.base : new ConditionalMixture({ components: members as ConditionalFlow[], weights });
  const ofContext = contextStandardisation && {
    contextTransform: invert(
      new ConstantAffine({ shift: contextStandardisation.mean, scale: contextStandardisation.sd }),
    ),
  };
  return new ConditionalFlow(base, transform, ofContext);
}
