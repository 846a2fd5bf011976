import { OptionError } from "@pushforward/core";
import { mention } from "@pushforward/core/extend";
import { asked } from "../file/asked.ts";
import { quote, type StateDict } from "../file/state-dict.ts";
import type { Covariance, ForeignMixture } from "../flow/foreign-flow.ts";
import { readZukoNetwork } from "./read-zuko-network.ts";
import { versionOf } from "./zuko-families.ts";
import type { ImportZukoOptions } from "./zuko-options.ts";

const MAX_ENTRIES = 2 ** 24;

/** A GMM, whose keys start with `{prefix}phi.` or `{prefix}hyper.`. */
export function readZukoMixture(state: StateDict, prefix: string, options: ImportZukoOptions): ForeignMixture {
  const { flow } = options;
  if (flow !== undefined && flow !== "gmm") state.fail("type", `a ${flow}, as asked for`, "a GMM");
  const epsilon = epsilonOf(state, options);
  return state.hasUnder(`${prefix}phi.`)
    ? readFixedMixture(state, prefix, epsilon)
    : readConditionalMixture(state, prefix, options, epsilon);
}

function epsilonOf(state: StateDict, { epsilon, version }: ImportZukoOptions): number {
  if (epsilon !== undefined) return epsilon;
  if (version === undefined) {
    throw new OptionError([
      `${state.where}: expected `,
      asked("epsilon"),
      " or ",
      mention("version"),
      ", because a GMM of zuko adds 1e-6 to its standard deviations from 1.4.0 on and 1e-5 before, and the keys are the same, " +
        "got neither. Pass ",
      mention("version", { value: "1.6.0" }),
      ", say.",
    ]);
  }
  const [major, minor] = versionOf(state.where, version);
  return major > 1 || (major === 1 && minor >= 4) ? 1e-6 : 1e-5;
}

function readFixedMixture(state: StateDict, prefix: string, epsilon: number): ForeignMixture {
  const { shape, data: logits } = state.floats(`${prefix}phi.0`);
  const components = shape[0] as number;
  const means = state.floats(`${prefix}phi.1`);
  const features = means.shape[1];
  if (shape.length !== 1 || means.shape.length !== 2 || means.shape[0] !== components || features === undefined) {
    return state.fail("tensor", `phi.0 [components] and phi.1 [components, features]`, `${shape} and ${means.shape}`);
  }
  const diagonal = state.floats(`${prefix}phi.2`);
  const [rows, width] = diagonal.shape;
  if (diagonal.shape.length !== 2 || (rows !== 1 && rows !== components) || (width !== 1 && width !== features)) {
    state.fail("tensor", `phi.2 with 1 or ${components} rows and 1 or ${features} columns`, `${diagonal.shape}`);
  }
  // All covariances are kept as matrices, of which a small file could ask for large ones.
  if (components * features ** 2 > MAX_ENTRIES) {
    state.fail("limit", `covariances of at most ${MAX_ENTRIES} entries`, `${components} × ${features}²`);
  }
  const isFull = state.has(`${prefix}phi.3`);
  if (isFull && width !== features) state.fail("tensor", `phi.2 with ${features} columns`, `${width}`);
  const below = isFull ? [state.floats(`${prefix}phi.3`, [rows, (features * (features - 1)) / 2]).data] : [];
  return {
    kind: "mixture",
    features,
    context: 0,
    components,
    covariance: isFull ? "full" : width === features ? "diagonal" : "spherical",
    tied: rows !== components,
    epsilon,
    numbers: [logits, means.data, diagonal.data, ...below],
  };
}

function readConditionalMixture(
  state: StateDict,
  prefix: string,
  options: ImportZukoOptions,
  epsilon: number,
): ForeignMixture {
  const { features, covariance = "full", tied = false } = options;
  if (features === undefined) {
    throw new OptionError([
      `${state.where}: expected `,
      asked("features"),
      ", the number of variables, because a GMM with a context does not say how many of its outputs are of a component, got none.",
    ]);
  }
  const network = readZukoNetwork(state, prefix, 0, false, options);
  const { outputs } = network.last ?? network.first;
  const sizes = covarianceSize(features, covariance);
  const components = (outputs - (tied ? sizes : 0)) / (1 + features + (tied ? 0 : sizes));
  if (!Number.isInteger(components) || components < 1) {
    state.fail(
      "tensor",
      `outputs of ${quote(`${prefix}hyper`)} for components of ${features} features with ${tied ? "one " : ""}${covariance} covariance`,
      `${outputs}`,
    );
  }
  const context = network.contextSize;
  return { kind: "mixture", features, context, components, covariance, tied, epsilon, network };
}

/** The numbers of one covariance. */
function covarianceSize(features: number, covariance: Covariance): number {
  if (covariance === "spherical") return 1;
  return covariance === "diagonal" ? features : features + (features * (features - 1)) / 2;
}
