import * as auto from "@pushforward/auto";
import * as backend from "@pushforward/backend";
import * as conditioners from "@pushforward/conditioners";
import * as core from "@pushforward/core";
import * as datasets from "@pushforward/datasets";
import * as datasetsNode from "@pushforward/datasets/node";
import * as diagnostics from "@pushforward/diagnostics";
import * as distributions from "@pushforward/distributions";
import * as flows from "@pushforward/flows";
import * as inference from "@pushforward/inference";
import * as interop from "@pushforward/interop";
import * as ops from "@pushforward/ops";
import * as plots from "@pushforward/plots";
import * as serialization from "@pushforward/serialization";
import * as serializationNode from "@pushforward/serialization/node";
import * as tables from "@pushforward/tables";
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
  diagnostics,
  distributions,
  flows,
  inference,
  interop,
  plots,
  serialization,
  tables,
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
  const seen = new Set<string>(["ops", "memory", "tidy", "standard", "describe"]);
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
  AbstractBijection AbstractElementwise AbstractModule AdditiveFamily AffineElementwise AffineFamily
  AffineSplineFamily Autoregressive BackendError Chain Classifier ConditionalFlow ConditionalGaussianMixture
  ConditionalMixture ConfigReader ConstantAffine ContextError Coupling DataError DenseLayer DiagonalNormal
  DisposedError DomainError Elementwise Embedded Flow GaussianMixture GaussianMixturePerClass GivenMcmcPosterior
  Identity Independent IndependentDistribution InverseNotAvailableError Inverted LULinear LocalC2st MISSING_VALUES
  Made McmcPosterior Mixture MixtureDensityNetwork Mlp ModelFileError MultivariateNormal MultivariateStudentT
  OptionError Permutation PlanBuilder PositiveLinear PushforwardError QuantileSpline RatioEstimator
  RationalQuadraticFamily ResidualMlp SaveError ShapeError SimulationError SinhArcsinh StandardNormal TimeSlice
  ToBox TrainingDivergedError Uniform adam adamW addDropped additive additiveCodec affine affineCodec
  affineElementwiseCodec affineSpline affineSplineCodec architectureNames architectures asTensor assembleFlow auto
  autoregressiveCodec autoregressiveLayers batchShapeOf blobs broadcastShapes c2st chain chainCodec chainStatistics
  checkFinite checkKey checkNode checkPlanColumns chiSquaredTail chooseColumns classCodec classColumns
  classifierCodec codecsIn column columnStatistics conditionalFlowCodec conditionalGaussianMixtureCodec
  conditionalMixtureCodec conditionalMoons conditionersCodecs constant constantAffineCodec contextNames contextRows
  contextSize contextValues contextVector contourPlot contourRings cosine couplingCodec couplingLayers coveragePlot
  cpuSeconds createFlow createKey createRegistry credibilityLevels csvChunks currentExecutor currentTraining
  decodeCheckpoint decodeModel defineCodec densityPlot1d describe describeBackend describeModel diagonalNormalCodec
  disposeParameters distributionsCodecs earthquakes effectiveSampleSize elementwiseCodec embeddedCodec
  encodeCheckpoint encodeModel eventRows expectedCoverage exportNflows exportZuko field fit fitAuto
  fitConditionalGaussianMixture fitGaussianMixture fitGaussianMixturePerClass fitMixtureWeights fitNle fitNpe fitNre
  fitVariational flowCodec flowsCodecs formatCsv formatShape gaussian gaussianMixtureCodec
  gaussianMixturePerClassCodec gaussianNll gridSpacing hasColumnsOf highestDensityLevels highestDensityThresholds
  holdOut holdOutCount holdsDecimalCommas iaf identityCodec importNflows importZuko independent independentCodec
  independentDistribution independentDistributionCodec inferenceCodecs intervalPlot invert invertedCodec
  isAutoregressiveConditioner isBijection isBijectionFamily isConditionalDistribution isConditioner isDistribution
  isFormula isModule isNdArray joinCsvTables kolmogorovSmirnov likelihoodPosterior listNames localC2st logProbRows
  lossPlot lowerBijection lowerConditioner lowerConditionerSteps lowerDistribution lowerFamily luLinearCodec
  madeCodec maf makePlan meanNll memory mention mixtureCodec mixtureDensityNetworkCodec mixtureDensityOutputs
  mlpCodec multivariateNormalCodec multivariateStudentTCodec ndArray nflowsLinear nflowsMaf nflowsNsf nflowsRealNvp
  nice nle nonNegativeColumns normalQuantile npe nre nsf nullPlot numberColumnNames oneHot ops pairPlot panelFigure
  parameter parameterCount parameterTree paretoSmoothedWeights parseCsv penguins permutationCodec pickRows pit
  positiveLinearCodec posteriorDraws posteriorPredictive prepareFlow probabilityCurve probabilityPlot quantileSpline
  quantileSplineCodec randomPermutation rankPlot ratioEstimatorCodec ratioPosterior rationalQuadratic
  rationalQuadraticCodec readEvents readMatrix readNpy readRows readSafetensors realNvp refuseToLower requireBackend
  residualMlpCodec reversePermutation rowNumber rowStatistics runSimulations sampleBlocks sampleColumns sampleRows
  schemaKinds schemaNames selectColumns sequentialColor seriesPlot setExecutor shapesEqual simulate
  simulationBasedCalibration sinhArcsinhCodec sizeOf splineBound split splitIndices splitRows splitStandardization
  standard standardNormalCodec standardize standardizeRows table tableMetadata tableModel tableRows
  tableSchemaFromJson tableSchemaToJson takeHostRows takeRows takeTableRows tarp tidy toBoxCodec toyDataset
  toyDatasetNames train transformsCodecs uniformCodec unnamedSchema useBackend variational warmup withTraining
  writeNpy writeSafetensors zukoMaf zukoNsf zukoRealNvp
`;
const nodeNames = `
  loadCheckpoint loadModel readCsv saveBytes saveCheckpoint saveModel writeCsv
`;

test("the names are these", () => {
  const list = (text: string): string[] => text.trim().split(/\s+/);
  expect(Object.keys(pushforward).sort()).toEqual(list(names));
  expect(Object.keys(node).sort()).toEqual(list(nodeNames));
});
