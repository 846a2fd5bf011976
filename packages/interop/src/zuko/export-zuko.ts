import { OptionError } from "@pushforward/core";
import { checkOptions } from "@pushforward/core/extend";
import type { ConditionalFlow, Flow } from "@pushforward/flows";
import { FlowDescription } from "../flow/describe-flow.ts";
import { writeZuko } from "./write-zuko.ts";

/** Options of {@link exportZuko}. */
export interface ExportZukoOptions {
  /** `"sbi"`: with the keys of an estimator of sbi, `net.` before those of the flow, which can standardize its context. */
  readonly layout?: "flat" | "sbi";
}

/**
 * A flow as the safetensors file of a `state_dict` that zuko 1.6 loads with `strict=True`. It must be made of layers of
 * zuko: of `zukoMaf`, `zukoNsf` or `zukoRealNvp`, a `GaussianMixture` or a `MixtureDensityNetwork`, or
 * imported. What a `state_dict` does not say stands in the metadata: the class, `slope`, `bound`, `activation`.
 *
 * @throws {OptionError} zuko has no such layer; the message names it.
 * @example
 * const flow = zukoNsf({ features: 2, key: createKey(0) });
 * const bytes = exportZuko(flow); // zuko.flows.NSF(2, transforms=3).load_state_dict(load_file(…))
 */
export function exportZuko(flow: Flow | ConditionalFlow, options: ExportZukoOptions = {}): Uint8Array<ArrayBuffer> {
  checkOptions("exportZuko", options, { layout: true });
  const where = "exportZuko";
  const { layout = "flat" } = options;
  if (layout !== "flat" && layout !== "sbi") {
    throw new OptionError(`${where}: expected layout to be "flat" or "sbi", got ${JSON.stringify(layout)}.`);
  }
  return writeZuko(where, new FlowDescription(where, "zuko").describe(flow), layout === "sbi");
}
