import { OptionError } from "@pushforward/core";
import { checkOptions, mention } from "@pushforward/core/extend";
import type { ConditionalFlow, Flow } from "@pushforward/flows";
import { type Floats, StateDict } from "../file/state-dict.ts";
import { activationMetadata, checkReference, TensorFile } from "../file/tensor-file.ts";
import { buildFlow } from "../flow/build-flow.ts";
import { FlowDescription } from "../flow/describe-flow.ts";
import type {
  ForeignFamily,
  ForeignFlow,
  ForeignMixture,
  ForeignNetwork,
  ForeignTransform,
} from "../flow/foreign-flow.ts";
import { readZuko } from "./read-zuko.ts";
import { type ImportZukoOptions, zukoSettings } from "./zuko-families.ts";

/** Writes a file that zuko 1.6 loads. The metadata stores the settings that the file has no other place for. */
export function writeZuko(where: string, model: ForeignFlow | ForeignMixture, sbi: boolean): Uint8Array<ArrayBuffer> {
  const net = sbi ? "net." : "";
  const file = new TensorFile();
  if (model.standardizeContext !== undefined) {
    if (!sbi) {
      throw new OptionError([
        `${where}: expected a context that is not standardized, because zuko has no place for it, got one that is. ` +
          "Take it off, or write the keys of sbi with ",
        mention("layout", { value: "sbi" }),
        ".",
      ]);
    }
    const { mean, sd } = model.standardizeContext;
    file.floats("_embedding_net.0._mean", [mean.length], mean);
    file.floats("_embedding_net.0._std", [sd.length], sd);
  }
  if (model.kind === "mixture") return writeMixture(file, model, net);
  for (const [i, transform] of model.transforms.entries()) {
    writeTransform(where, file, model.isList ? `${net}transform.transforms.${i}.` : `${net}transform.`, transform);
  }
  const { features, base } = model;
  file.floats(`${net}base.loc`, [features], base?.loc ?? new Float32Array(features));
  file.floats(`${net}base.scale`, [features], base?.scale ?? new Float32Array(features).fill(1));
  return file.bytes(zukoMetadata(where, model));
}

function writeTransform(where: string, file: TensorFile, prefix: string, transform: ForeignTransform): void {
  switch (transform.kind) {
    case "autoregressive":
      file.integers(`${prefix}order`, transform.order);
      writeNetwork(file, `${prefix}hyper.`, transform.network);
      break;
    case "coupling":
      file.booleans(
        `${prefix}mask`,
        [transform.transformed.length],
        transform.transformed.map((t) => (t ? 0 : 1)),
      );
      writeNetwork(file, `${prefix}hyper.`, transform.network);
      break;
    case "elementwise":
      if ("network" in transform) writeNetwork(file, `${prefix}hyper.`, transform.network);
      else writeParameters(file, prefix, transform.features, transform.parameters, transform.family);
      break;
    case "standardize":
      file.floats(`${prefix}loc`, [transform.shift.length], transform.shift);
      file.floats(`${prefix}scale`, [transform.scale.length], transform.scale);
      break;
    default:
      throw new OptionError(`${where}: expected transforms that zuko has, got ${transform.kind}.`);
  }
}

function writeNetwork(file: TensorFile, hyper: string, network: ForeignNetwork): void {
  const isResidual = network.style === "zuko-residual";
  file.linear(`${hyper}0`, network.first, "BOOL");
  let index = 0;
  for (const { linears } of network.blocks) {
    index += isResidual ? 1 : 2;
    for (const [part, linear] of linears.entries()) {
      file.linear(linears.length === 2 ? `${hyper}${index}.${2 * part}` : `${hyper}${index}`, linear, "BOOL");
    }
  }
  if (network.last !== undefined) file.linear(`${hyper}${index + (isResidual ? 1 : 2)}`, network.last, "BOOL");
}

/** Writes one array each for shifts, widths and so on, instead of one row for each feature. */
function writeParameters(
  file: TensorFile,
  prefix: string,
  features: number,
  values: Floats,
  family: ForeignFamily,
): void {
  const count = values.length / features;
  const widths = family.kind === "spline" ? [family.bins, family.bins, family.bins - 1] : [1, 1];
  let at = 0;
  for (const [i, width] of widths.entries()) {
    const start = at;
    const column = Float64Array.from({ length: features * width }, (_, j) => {
      const [row, within] = [Math.floor(j / width), j % width];
      return values[row * count + start + within] as number;
    });
    file.floats(`${prefix}phi.${i}`, family.kind === "spline" ? [features, width] : [features], column);
    at += width;
  }
}

function writeMixture(file: TensorFile, mixture: ForeignMixture, net: string): Uint8Array<ArrayBuffer> {
  const { features, components, covariance, tied, epsilon, network, numbers } = mixture;
  if (network !== undefined) writeNetwork(file, `${net}hyper.`, network);
  const rows = tied ? 1 : components;
  const shapes = [
    [components],
    [components, features],
    [rows, covariance === "spherical" ? 1 : features],
    [rows, (features * (features - 1)) / 2],
  ];
  for (const [i, values] of (numbers ?? []).entries()) file.floats(`${net}phi.${i}`, shapes[i] as number[], values);
  const context =
    network === undefined
      ? {}
      : { features: `${features}`, covariance, tied: `${tied}`, activation: network.activation };
  return file.bytes({ library: "zuko", flow: "gmm", epsilon: `${epsilon}`, ...context });
}

/** Returns the metadata: slope, bound and class. All transforms must share the slope and the bound. */
function zukoMetadata(where: string, { transforms }: ForeignFlow): Record<string, string> {
  const families = transforms.flatMap((t) => ("family" in t ? [t.family] : []));
  const metadata: Record<string, string> = { library: "zuko", ...activationMetadata(where, transforms) };
  const isSpline = families.some(({ kind }) => kind === "spline");
  if (isSpline) metadata["flow"] = "nsf";
  for (const name of ["slope", "bound"] as const) {
    const values = new Set(
      families.flatMap((family) =>
        Object.hasOwn(family, name) ? [(family as unknown as Record<string, number>)[name]] : [],
      ),
    );
    if (values.size > 1) {
      throw new OptionError(`${where}: expected layers with one ${name}, got ${[...values].join(" and ")}.`);
    }
    for (const value of values) metadata[name] = `${value}`;
  }
  return metadata;
}

/** Options of {@link exportZuko}. */
export interface ExportZukoOptions {
  /**
   * `"sbi"`: with the keys of an sbi estimator, which have `net.` before the keys of the flow. Such an estimator can
   * standardize its context.
   */
  readonly layout?: "flat" | "sbi";
}

/**
 * Writes a flow as a safetensors `state_dict` that zuko 1.6 loads with `strict=True`. Every layer must exist in zuko:
 * the flow comes from `zukoMaf`, `zukoNsf` or `zukoRealNvp`, is a `GaussianMixture` or a `MixtureDensityNetwork`, or is
 * imported. The metadata stores settings that a `state_dict` has no place for: the class, `slope`, `bound`,
 * `activation`.
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

/**
 * Reads a flow from a safetensors file with a `state_dict` of zuko: MAF, NSF (of any number of passes), NICE, RealNVP,
 * BPF, SOSPF, GF, NCSF and GMM, with and without context, and sbi's zuko flows with their standardizations. The file is
 * untrusted: every key, size, type and mask is checked.
 *
 * With a context the result is a `ConditionalFlow`. A GMM becomes a flow with the mixture as its base.
 *
 * @throws {ModelFileError} `type`: the model is not supported; `weights`, `tensor`: a key is missing, unknown, or its
 * shape, type or mask differs from the model; the density differs from the density of the reference. Further errors of
 * an invalid file.
 * @throws {OptionError} a required setting is missing in the file and in the options: the message names it.
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
