import { OptionError } from "@pushforward/core";
import { checkOptions } from "@pushforward/core/extend";
import type { ConditionalFlow, Flow } from "@pushforward/flows";
import { StateDict } from "../file/state-dict.ts";
import { activationMetadata, checkReference, TensorFile } from "../file/tensor-file.ts";
import { buildFlow } from "../flow/build-flow.ts";
import { FlowDescription } from "../flow/describe-flow.ts";
import type {
  ForeignFamily,
  ForeignFlow,
  ForeignLinear,
  ForeignNetwork,
  ForeignTransform,
} from "../flow/foreign-flow.ts";
import { degreeMask, hiddenDegrees, inputDegrees, outputDegrees } from "../flow/forms.ts";
import { type ImportNflowsOptions, nflowsSettings } from "./nflows-architectures.ts";
import { readNflows } from "./read-nflows.ts";

/**
 * Writes a file that nflows 0.14 loads, or sbi with the prefix `net.`. The metadata stores the settings that the file
 * has no other place for.
 */
export function writeNflows(where: string, flow: ForeignFlow, prefix: "" | "net."): Uint8Array<ArrayBuffer> {
  const file = new TensorFile();
  const [only] = flow.transforms;
  if (flow.isList || only === undefined) writeMembers(where, file, `${prefix}_transform.`, flow.transforms);
  else writeTransform(where, file, `${prefix}_transform.`, only);
  if (flow.base !== undefined) {
    throw new OptionError(
      `${where}: expected a standard normal as base, the only one that nflows stores, got a different base.`,
    );
  }
  if (flow.standardizeContext !== undefined) {
    const { mean, sd } = flow.standardizeContext;
    file.floats(`${prefix}_embedding_net.0._mean`, [mean.length], mean);
    file.floats(`${prefix}_embedding_net.0._std`, [sd.length], sd);
  }
  return file.bytes(nflowsMetadata(where, flow));
}

function writeMembers(where: string, file: TensorFile, prefix: string, members: readonly ForeignTransform[]): void {
  for (const [i, member] of members.entries()) writeTransform(where, file, `${prefix}_transforms.${i}.`, member);
}

function writeTransform(where: string, file: TensorFile, prefix: string, transform: ForeignTransform): void {
  switch (transform.kind) {
    case "composite":
      writeMembers(where, file, prefix, transform.members);
      break;
    case "permutation":
      file.integers(`${prefix}_permutation`, transform.order);
      break;
    case "standardize":
      file.floats(`${prefix}_shift`, [transform.shift.length], transform.shift);
      file.floats(`${prefix}_scale`, [transform.scale.length], transform.scale);
      break;
    case "lu":
      file.floats(`${prefix}lower_entries`, [transform.lower.length], transform.lower);
      file.floats(`${prefix}upper_entries`, [transform.upper.length], transform.upper);
      file.floats(`${prefix}unconstrained_upper_diag`, [transform.features], transform.diagonal);
      file.floats(`${prefix}bias`, [transform.features], transform.bias);
      break;
    case "autoregressive":
      writeMade(file, `${prefix}autoregressive_net.`, transform.network, transform.order.length);
      break;
    case "coupling":
      writeSides(file, prefix, transform.transformed);
      writeResidualNet(file, `${prefix}transform_net.`, transform.network);
      break;
    case "elementwise": {
      if (!("network" in transform) || transform.features !== 1) {
        throw new OptionError(
          `${where}: expected elementwise layers only for a single variable with a context, got a different one.`,
        );
      }
      writeSides(file, prefix, [true]);
      const { first, blocks, last } = transform.network;
      const layers = [first, ...blocks.flatMap(({ linears }) => linears), ...(last ? [last] : [])];
      for (const [i, layer] of layers.entries()) {
        file.linear(`${prefix}transform_net.spline_predictor.${2 * i}`, layer, "F32");
      }
    }
  }
}

function writeSides(file: TensorFile, prefix: string, transformed: readonly boolean[]): void {
  const side = (isTransformed: boolean): number[] =>
    [...transformed.keys()].filter((i) => transformed[i] === isTransformed);
  file.integers(`${prefix}identity_features`, side(false));
  file.integers(`${prefix}transform_features`, side(true));
}

function writeMade(file: TensorFile, net: string, network: ForeignNetwork, features: number): void {
  const masked = (name: string, layer: ForeignLinear, inputs: readonly number[], isLast = false): readonly number[] => {
    const degrees = isLast ? outputDegrees(features, layer.outputs / features) : hiddenDegrees(layer.outputs, features);
    file.linear(`${net}${name}`, { ...layer, mask: degreeMask(degrees, inputs, isLast) }, "F32");
    file.integers(`${net}${name}.degrees`, degrees);
    return degrees;
  };
  let degrees = masked("initial_layer", network.first, inputDegrees(features));
  if (network.context !== undefined) file.linear(`${net}context_layer`, network.context, "F32");
  for (const [b, { linears, context }] of network.blocks.entries()) {
    for (const [part, linear] of linears.entries()) {
      const name = network.style === "made" ? `blocks.${b}.linear` : `blocks.${b}.linear_layers.${part}`;
      degrees = masked(name, linear, degrees);
    }
    if (context !== undefined) file.linear(`${net}blocks.${b}.context_layer`, context, "F32");
  }
  masked("final_layer", network.last as ForeignLinear, degrees, true);
}

function writeResidualNet(file: TensorFile, net: string, network: ForeignNetwork): void {
  file.linear(`${net}initial_layer`, network.first, "F32");
  for (const [b, { linears, context }] of network.blocks.entries()) {
    for (const [part, linear] of linears.entries())
      file.linear(`${net}blocks.${b}.linear_layers.${part}`, linear, "F32");
    if (context !== undefined) file.linear(`${net}blocks.${b}.context_layer`, context, "F32");
  }
  file.linear(`${net}final_layer`, network.last as ForeignLinear, "F32");
}

/** Returns the metadata, including the bound of the splines; all splines must share it. */
function nflowsMetadata(where: string, flow: ForeignFlow): Record<string, string> {
  const families: ForeignFamily[] = [];
  const visit = (transforms: readonly ForeignTransform[]): void => {
    for (const transform of transforms) {
      if (transform.kind === "composite") visit(transform.members);
      else if ("family" in transform) families.push(transform.family);
    }
  };
  visit(flow.transforms);
  const bounds = new Set(families.flatMap((family) => (family.kind === "spline" ? [family.bound] : [])));
  if (bounds.size > 1) {
    throw new OptionError(`${where}: expected splines with one bound, got ${[...bounds].join(" and ")}.`);
  }
  const [bound] = bounds;
  const metadata = { library: "nflows", ...activationMetadata(where, flow.transforms) };
  return bound === undefined ? metadata : { ...metadata, tailBound: `${bound}`, spline: "rational-quadratic" };
}

/** Options of {@link exportNflows}. */
export interface ExportNflowsOptions {
  /**
   * Composition of the layers in nflows, which the keys reflect. `"flat"`, the default: one `CompositeTransform` of all
   * layers, with nested composites where the flow has a chain in its chain, as an imported flow has. `"original"`:
   * composed as by `construct_maf` and `construct_nsf`, as the standardization and a composite of the rest, with
   * couplings and LU layers in pairs. `"sbi"`: flat, with `net.` before all keys.
   */
  readonly layout?: "flat" | "original" | "sbi";
}

const LAYOUTS = ["flat", "original", "sbi"] as const;

/**
 * Writes a flow as a safetensors `state_dict` that nflows 0.14 loads with `strict=True`. Every layer must exist in
 * nflows: the flow is from `nflowsMaf`, `nflowsNsf` or `nflowsRealNvp`, or is imported. The metadata stores settings
 * that a `state_dict` has no place for: `tailBound`, `activation`.
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

/**
 * Reads a flow from a safetensors file with a `state_dict` of nflows. It supports MADE layers of affine maps or of
 * rational-quadratic or quadratic splines, couplings (affine, additive, of splines of any kind), permutations,
 * pointwise affine, LU, QR and SVD layers, in any composition. So it reads `MaskedAutoregressiveFlow`, `SimpleRealNVP`,
 * `construct_maf`, `construct_nsf`, and sbi's MAF and NSF with their standardizations. The file is untrusted: every
 * key, size, type and mask is checked.
 *
 * With a context the result is a `ConditionalFlow`. A file does not contain everything: a last transform without
 * parameters, the activation, and the smallest sizes of bins are missing. Without a `reference` they are assumed to be
 * the nflows defaults.
 *
 * @throws {ModelFileError} `type`: the model is not supported; `weights`, `tensor`: a key is missing, unknown, or its
 * shape, type or mask differs from the model; the density differs from the density of the reference. Further errors of
 * an invalid file.
 * @throws {OptionError} a required setting is missing in the file and in the options: the message names it.
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
