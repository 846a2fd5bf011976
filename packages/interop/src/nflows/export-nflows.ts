import { OptionError } from "@pushforward/core";
import { checkOptions } from "@pushforward/core/extend";
import type { ConditionalFlow, Flow } from "@pushforward/flows";
import { FlowDescription } from "../flow/describe-flow.ts";
import type { ForeignFlow, ForeignTransform } from "../flow/foreign-flow.ts";
import { writeNflows } from "./write-nflows.ts";

/** Options of {@link exportNflows}. */
export interface ExportNflowsOptions {
  /**
   * How the layers are composed there, which the keys show. `"flat"`, the default: one `CompositeTransform` of all, and
   * composites where the flow has a chain in its chain, as an imported one has. `"original"`: as `construct_maf` and
   * `construct_nsf` compose them, the standardization and a composite of the rest, couplings and LU layers in pairs.
   * `"sbi"`: flat, with `net.` before all keys.
   */
  readonly layout?: "flat" | "original" | "sbi";
}

const LAYOUTS = ["flat", "original", "sbi"] as const;

/**
 * A flow as the safetensors file of a `state_dict` that nflows 0.14 loads with `strict=True`. It must be made of layers
 * of nflows: of `nflowsMaf`, `nflowsNsf` or `nflowsRealNvp`, or imported. What a `state_dict` does not say
 * stands in the metadata: `tailBound`, `activation`.
 *
 * @throws {OptionError} nflows has no such layer; the message names it.
 * @example
 * const flow = nflowsMaf({ features: 2, key: createKey(0) });
 * const bytes = exportNflows(flow); // Flow(CompositeTransform([…]), StandardNormal([2])).load_state_dict(load_file(…))
 */
export function exportNflows(flow: Flow | ConditionalFlow, options: ExportNflowsOptions = {}): Uint8Array<ArrayBuffer> {
  checkOptions("exportNflows", options, { layout: true });
  const where = "exportNflows";
  const { layout = "flat" } = options;
  if (!LAYOUTS.includes(layout)) {
    throw new OptionError(
      `${where}: expected layout to be one of ${LAYOUTS.join(", ")}, got ${JSON.stringify(layout)}.`,
    );
  }
  const foreign = new FlowDescription(where, "nflows").describe(flow) as ForeignFlow;
  const transforms = layout === "original" ? asOriginal(foreign.transforms) : foreign.transforms;
  return writeNflows(where, { ...foreign, transforms }, layout === "sbi" ? "net." : "");
}

/** The nesting of `construct_maf` and `construct_nsf`. */
function asOriginal(transforms: readonly ForeignTransform[]): readonly ForeignTransform[] {
  const [first, ...others] = transforms;
  if (first?.kind !== "standardize") return inPairs(transforms);
  return [first, { kind: "composite", members: inPairs(others) }];
}

/** Each coupling with the LU layer behind it is a composite. */
function inPairs(transforms: readonly ForeignTransform[]): readonly ForeignTransform[] {
  const members: ForeignTransform[] = [];
  for (const transform of transforms) {
    const before = members.at(-1);
    if (transform.kind === "lu" && before?.kind === "coupling") {
      members[members.length - 1] = { kind: "composite", members: [before, transform] };
    } else {
      members.push(transform);
    }
  }
  return members;
}
