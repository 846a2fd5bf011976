import { checkOptions } from "@pushforward/core/extend";
import type { ConditionalFlow, Flow } from "@pushforward/flows";
import { checkReference } from "../file/reference.ts";
import { StateDict } from "../file/state-dict.ts";
import { buildFlow } from "../flow/build-flow.ts";
import { readZuko } from "./read-zuko.ts";
import { type ImportZukoOptions, zukoSettings } from "./zuko-options.ts";

/**
 * The flow that a `state_dict` of zuko is, from a safetensors file: MAF, NSF (of any number of passes), NICE, RealNVP, BPF,
 * SOSPF, GF, NCSF and GMM, with and without context, and sbi's zuko flows with their standardizations. The file is untrusted: every key,
 * size, type and mask is checked.
 *
 * With a context it is a `ConditionalFlow`. A GMM is a flow whose base is the mixture.
 *
 * @throws {ModelFileError} `type`: it is a model that is not supported; `weights`, `tensor`: a key is missing, unknown, or
 * has another shape, type or mask than the model; its density is not that of the reference. Others of a bad file.
 * @throws {OptionError} the file does not say what is needed, and the option is missing: the message names it.
 * @see zuko, https://github.com/probabilists/zuko
 * @example
 * const bytes = exportZuko(zukoNsf({ features: 2, key }));
 * using flow = importZuko(bytes, { flow: "nsf" });
 * const logProb = flow instanceof Flow ? flow.logProb(x) : flow.given([[0.5]]).logProb(x); // → shape [200]
 */
export function importZuko(bytes: Uint8Array, options: ImportZukoOptions = {}): Flow | ConditionalFlow {
  checkOptions("importZuko", options, {
    version: true,
    flow: true,
    polynomials: true,
    slope: true,
    bound: true,
    activation: true,
    features: true,
    covariance: true,
    tied: true,
    epsilon: true,
    affine: true,
    reference: true,
  });
  const where = "importZuko";
  const state = new StateDict(where, bytes);
  const flow = buildFlow(readZuko(state, zukoSettings(where, options, state.metadata)));
  return options.reference === undefined ? flow : checkReference(where, flow, options.reference);
}
