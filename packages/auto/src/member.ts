import { Made, ResidualMlp } from "@pushforward/conditioners";
import type { Bijection, BijectionFamily, Key } from "@pushforward/core";
import { Autoregressive, ConditionalFlow, Elementwise, Flow } from "@pushforward/flows";
import { affine, affineSpline, chain, gaussianization } from "@pushforward/transforms";
import type { QuantileSpline } from "@pushforward/transforms/extend";
import type { Base } from "./base-density.ts";
import type { MemberSettings } from "./member-settings.ts";

/** A flow in standard units. */
export type Member = Flow | ConditionalFlow;

/** Half the width of the box of the splines and of what the networks see, in standard deviations. */
const BOUND = 5;

/**
 * A flow of autoregressive layers, each an affine map, one with a spline of learnable tails, or a mixture made normal, whose networks
 * start at zero. It starts as its base, with the last of them nearly. The orders of the layers are natural and reversed in turn.
 * `quantiles` stands at the end of the data.
 */
export function makeMember(
  features: number,
  context: number,
  base: Base,
  quantiles: QuantileSpline | undefined,
  key: Key,
  { transforms, hidden, dropout, ...settings }: MemberSettings,
): Member {
  const family = familyOf(settings);
  const layers = Array.from({ length: transforms }, (_, i): Bijection => {
    const network = { hidden: [...hidden], dropout, key: key.fold(`layers.${i}`) };
    if (features > 1) {
      const order = Array.from({ length: features }, (_, j) => (i % 2 === 0 ? j : features - 1 - j));
      const conditioner = new Made({
        ...network,
        features,
        outputsPerVariable: family.parameterCount,
        order,
        residual: true,
        inputBound: BOUND,
        ...(context > 0 && { context }),
      });
      return new Autoregressive({ conditioner, family });
    }
    if (context === 0) return new Elementwise({ family, features });
    const conditioner = new ResidualMlp({ ...network, inputSize: context, outputSize: family.parameterCount });
    return new Elementwise({ family, features, conditioner });
  });
  const transform = chain(quantiles === undefined ? layers : [...layers, quantiles]);
  return context === 0
    ? new Flow(base as ConstructorParameters<typeof Flow>[0], transform)
    : new ConditionalFlow(base, transform);
}

function familyOf({ family, bins }: Pick<MemberSettings, "family" | "bins">): BijectionFamily {
  if (bins !== undefined) return affineSpline({ bins, bound: BOUND });
  return family === "gaussianization" ? gaussianization() : affine();
}
