import * as auto from "@pushforward/auto";
import * as backend from "@pushforward/backend";
import * as conditioners from "@pushforward/conditioners";
import * as core from "@pushforward/core";
import * as datasets from "@pushforward/datasets";
import * as datasetsNode from "@pushforward/datasets/node";
import * as distributions from "@pushforward/distributions";
import * as flows from "@pushforward/flows";
import * as ops from "@pushforward/ops";
import * as plots from "@pushforward/plots";
import * as serialization from "@pushforward/serialization";
import * as serializationNode from "@pushforward/serialization/node";
import * as training from "@pushforward/training";
import * as transforms from "@pushforward/transforms";
import { expect, test } from "vitest";
import * as pushforward from "./index.ts";
import * as node from "./node.ts";

type Exports = Readonly<Record<string, unknown>>;

const packages: Readonly<Record<string, Exports>> = {
  auto,
  backend,
  conditioners,
  core,
  datasets,
  distributions,
  flows,
  plots,
  serialization,
  training,
  transforms,
};

// The bijection keeps the short name.
const renamed: Readonly<Record<string, string>> = {
  "distributions.Independent": "IndependentDistribution",
  "distributions.independent": "independentDistribution",
  "distributions.independentCodec": "independentDistributionCodec",
};

// `export *` leaves out, without a word, a name that two packages have.
test("every export of every package is exported here, and is the same thing", () => {
  const all: Exports = pushforward;
  const seen = new Set<string>(["ops", "memory", "tidy", "standard"]);
  for (const [name, exports] of Object.entries(packages)) {
    for (const [key, value] of Object.entries(exports)) {
      const here = renamed[`${name}.${key}`] ?? key;
      expect(all[here], `${name}.${key}`).toBe(value);
      expect(seen.has(here), `${here} of ${name}, also of another package`).toBe(false);
      seen.add(here);
    }
  }
  expect(Object.keys(all).filter((key) => !seen.has(key))).toEqual([]);
  expect(pushforward.ops).toBe(ops);
});

test("so are those for Node", () => {
  const all: Exports = node;
  for (const exports of [datasetsNode, serializationNode]) {
    for (const [key, value] of Object.entries(exports)) expect(all[key], key).toBe(value);
  }
  expect(Object.keys(all)).toHaveLength(Object.keys(datasetsNode).length + Object.keys(serializationNode).length);
});

// What users import. A name that goes missing breaks them; a new one is added here on purpose. Types: test/types.ts.
const names = `
  AdditiveFamily AffineElementwise AffineFamily AffineSplineFamily Autoregressive BackendError Chain ConditionalFlow
  ConditionalGaussianMixture ConditionalMixture ConfigReader ConstantAffine ContextError Coupling DataError DenseLayer
  DiagonalNormal DisposedError DomainError Elementwise Flow GaussianMixture GaussianMixturePerClass Identity
  Independent IndependentDistribution InverseNotAvailableError Inverted LULinear Made Mixture Mlp ModelFileError
  MultivariateNormal OptionError Permutation PlanBuilder PositiveLinear PushforwardError QuantileSpline
  RationalQuadraticFamily ResidualMlp SaveError ShapeError StandardNormal TimeSlice TrainingDivergedError Uniform adam
  adamW additive additiveCodec affine affineCodec affineElementwiseCodec affineSpline affineSplineCodec asTensor auto
  autoregressiveCodec batchShapeOf blobs broadcastShapes chain chainCodec checkFinite checkNode checkPlanColumns
  column columnStatistics conditionalFlowCodec conditionalGaussianMixtureCodec conditionalMixtureCodec conditionalMoons
  conditionersCodecs constant constantAffineCodec contourPlot contourRings cosine couplingCodec cpuSeconds createKey
  createRegistry csvChunks currentExecutor currentTraining decodeCheckpoint decodeModel defineCodec densityPlot1d
  describeBackend diagonalNormalCodec disposeParameters distributionsCodecs earthquakes elementwiseCodec
  encodeCheckpoint encodeModel fit fitAuto fitConditionalGaussianMixture fitGaussianMixture fitGaussianMixturePerClass
  fitMixtureWeights flowCodec flowsCodecs formatCsv formatShape gaussian gaussianMixtureCodec
  gaussianMixturePerClassCodec highestDensityLevels iaf identityCodec independent independentCodec
  independentDistribution independentDistributionCodec invert invertedCodec isAutoregressiveConditioner isBijection
  isBijectionFamily isConditionalDistribution isConditioner isDistribution isModule libraryUnits logProbRows lossPlot
  lowerBijection lowerConditioner lowerConditionerSteps lowerDistribution lowerFamily luLinearCodec madeCodec maf
  makePlan memory mixtureCodec mlpCodec multivariateNormalCodec ndArray normalQuantile nsf numberColumnNames oneHot
  ops pairPlot panels parameter parameterCount parameterTree parseCsv penguins permutationCodec positiveLinearCodec
  quantileSpline quantileSplineCodec randomPermutation rationalQuadratic rationalQuadraticCodec readNpy
  readSafetensors realNvp refuseToLower requireBackend residualMlpCodec reversePermutation sampleRows selectColumns
  seriesPlot setExecutor shapesEqual sizeOf split splitIndices splitStandardisation standard standardNormalCodec
  standardise table takeRows takeTableRows tidy toyDataset toyDatasetNames train transformsCodecs uniformCodec
  useBackend warmup withTraining writeNpy writeSafetensors
`;
const nodeNames = `
  loadCheckpoint loadModel readCsv saveBytes saveCheckpoint saveModel writeCsv
`;

test("the names are these", () => {
  const list = (text: string): string[] => text.trim().split(/\s+/);
  expect(Object.keys(pushforward).sort()).toEqual(list(names));
  expect(Object.keys(node).sort()).toEqual(list(nodeNames));
});
