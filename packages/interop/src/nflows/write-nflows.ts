import { OptionError } from "@pushforward/core";
import { activationMetadata, TensorFile } from "../file/tensor-file.ts";
import type {
  ForeignFamily,
  ForeignFlow,
  ForeignLinear,
  ForeignNetwork,
  ForeignTransform,
} from "../flow/foreign-flow.ts";
import { degreeMask, hiddenDegrees, inputDegrees, outputDegrees } from "../flow/made-mask.ts";

/** A file that nflows 0.14 loads, and behind `net.` sbi, with what the file can't say otherwise in its metadata. */
export function writeNflows(where: string, flow: ForeignFlow, prefix: "" | "net."): Uint8Array<ArrayBuffer> {
  const file = new TensorFile();
  const [only] = flow.transforms;
  if (flow.isList || only === undefined) writeMembers(where, file, `${prefix}_transform.`, flow.transforms);
  else writeTransform(where, file, `${prefix}_transform.`, only);
  if (flow.base !== undefined) {
    throw new OptionError(`${where}: expected a standard normal as base, because nflows stores no other, got another.`);
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
          `${where}: expected no elementwise layer but that of one variable with a context, got another.`,
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

/** The bound of the splines, which must be that of all. */
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
