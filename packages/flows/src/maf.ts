import { affine } from "@pushforward/transforms";
import {
  type AnyContext,
  assemble,
  type Conditional,
  type MaybeConditional,
  type Unconditional,
  withConvention,
} from "./architecture.ts";
import type { ArchitectureInfo } from "./architecture-info.ts";
import { type AutoregressiveArchitectureOptions, autoregressiveLayers } from "./autoregressive-layers.ts";
import type { ConditionalFlow } from "./conditional-flow.ts";
import type { Flow } from "./flow.ts";

const TRANSFORMS = 5;

/** Options of {@link maf}; `transforms` is 5 when omitted. */
export type MafOptions = AutoregressiveArchitectureOptions;

/**
 * Masked autoregressive flow (Papamakarios et al. 2017, arXiv:1705.07057): autoregressive layers of affine maps, orders
 * natural and reversed in turn. Untrained, it is its base. With `context` it is a {@link ConditionalFlow}.
 *
 * Defaults: 5 transforms, networks of (64, 64) relu units, density in one pass.
 *
 * With `convention: "nflows"` it is the masked autoregressive flow of nflows: residual networks of (50, 50, 50), variables
 * reversed between the layers.
 *
 * @throws {OptionError} a size is not a positive integer, or options contradict each other.
 * @example
 * using flow = maf({ features: 2, key: createKey(0) });
 * const logProb = flow.logProb([[0.5, -1]]);
 * using same = maf({ features: 2, convention: "nflows", hidden: [50, 50, 50], key: createKey(0) });
 * parameterCount(same.parameters()); // → 52770
 */
export function maf(options: MafOptions & Unconditional): Flow;
export function maf(options: MafOptions & Conditional): ConditionalFlow;
export function maf(options: MafOptions & MaybeConditional): Flow | ConditionalFlow;
export function maf(options: MafOptions & AnyContext): Flow | ConditionalFlow {
  const all = withConvention("maf", options);
  const family = affine({ parameterization: all.convention });
  return assemble(
    "maf",
    all,
    autoregressiveLayers("maf", all, family, { transforms: TRANSFORMS, orientation: "density" }),
  );
}

/** {@link maf} in the table of architectures. */
export const mafInfo: ArchitectureInfo = {
  label: "MAF",
  help: "Each column is scaled and shifted depending on the columns before it. Simple and fast, but separate clusters stay connected.",
  transforms: TRANSFORMS,
  splines: false,
  factory: "maf",
};
