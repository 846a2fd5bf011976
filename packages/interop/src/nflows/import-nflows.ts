import { checkOptions } from "@pushforward/core/extend";
import type { ConditionalFlow, Flow } from "@pushforward/flows";
import { checkReference } from "../file/reference.ts";
import { StateDict } from "../file/state-dict.ts";
import { buildFlow } from "../flow/build-flow.ts";
import { type ImportNflowsOptions, nflowsSettings } from "./nflows-options.ts";
import { readNflows } from "./read-nflows.ts";

/**
 * The flow that a `state_dict` of nflows is, from a safetensors file: MADE layers of affine maps or of rational-quadratic or quadratic
 * splines, couplings (affine, additive, of splines of any kind), permutations, pointwise affine, LU, QR and SVD layers, composed as
 * one likes; so `MaskedAutoregressiveFlow`, `SimpleRealNVP`, `construct_maf`, `construct_nsf`, and sbi's MAF and NSF
 * with their standardizations. The file is untrusted: every key, size, type and mask is checked.
 *
 * With a context it is a `ConditionalFlow`. A file does not show everything: a last transform without parameters, the
 * activation, the smallest sizes of bins. Without a `reference` these are taken to be what nflows has by default.
 *
 * @throws {ModelFileError} `type`: it is a model that is not supported; `weights`, `tensor`: a key is missing, unknown, or
 * has another shape, type or mask than the model; its density is not that of the reference. Others of a bad file.
 * @throws {OptionError} the file does not say what is needed, and the option is missing: the message names it.
 * @see nflows, https://github.com/bayesiains/nflows
 * @example
 * const bytes = exportNflows(nflowsNsf({ features: 2, coupling: true, key }));
 * using flow = importNflows(bytes, { spline: "rational-quadratic", tailBound: 3 });
 * const logProb = flow instanceof Flow ? flow.logProb(x) : flow.given([[0.5]]).logProb(x); // → shape [200]
 */
export function importNflows(bytes: Uint8Array, options: ImportNflowsOptions = {}): Flow | ConditionalFlow {
  checkOptions("importNflows", options, {
    tailBound: true,
    activation: true,
    softmaxScale: true,
    spline: true,
    reference: true,
  });
  const where = "importNflows";
  const state = new StateDict(where, bytes);
  const flow = buildFlow(readNflows(state, nflowsSettings(where, options, state.metadata)));
  return options.reference === undefined ? flow : checkReference(where, flow, options.reference);
}
