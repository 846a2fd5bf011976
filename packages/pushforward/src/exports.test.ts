import * as core from "@pushforward/core/node";
import * as datasets from "@pushforward/datasets/node";
import * as diagnostics from "@pushforward/diagnostics";
import * as inference from "@pushforward/inference";
import * as interop from "@pushforward/interop";
import * as plots from "@pushforward/plots";
import * as serialization from "@pushforward/serialization/node";
import { expect, test } from "vitest";
import * as ofDiagnostics from "./diagnostics.ts";
import * as authors from "./extend.ts";
import * as users from "./index.ts";
import * as ofInference from "./inference.ts";
import * as ofInterop from "./interop.ts";
import * as node from "./node.ts";
import * as ofPlots from "./plots.ts";

// A new name is a promise to users, so it is written here, too.
const USERS = `
  AffineElementwise AnomalyScore Asinh AttentionEncoder Autoregressive BackendError BatchNorm Bernoulli Beta
  BlockAutoregressive BoxConstraint Categorical Cauchy Checkerboard CircularShift ConditionalFlow
  ConditionalGaussianMixture ConditionalMixture ConstantAffine ContextError ContractiveResidual ConvEncoder ConvNet
  Coupling CylindricalToSphere DataError DeepSet Dequantized Diagonal DiagonalNormal DiscreteCosine DisposedError
  DomainError Elementwise Exp Exponential Flow Gamma GaussianMixture GaussianMixturePerClass GeographicToSphere Gumbel
  HalfNormal HouseholderLinear Identity InverseNotAvailableError Kumaraswamy LULinear Laplace LeakyRelu LeakyTanh
  LogNormal Logistic LowRankLinear MISSING_VALUES Made MissingMask MissingPackageError Mixture MixtureDensityNetwork
  MixtureOfGaussiansCdf MixtureOfLogisticsCdf Mlp ModelFileError MultivariateNormal MultivariateStudentT
  NegativeBinomial NormalCdf OptionError Periodic Permutation Planar Poisson PositiveLinear PushforwardError Radial
  Reshape ResidualMlp Rotation SaveError ShapeError Sigmoid SignedPower SinhArcsinh SoftClip Softplus Squeeze
  StandardNormal StudentT Sylvester Tanh Tapered TrainingDivergedError TriangularLinear TruncatedNormal Uniform
  VonMises VonMisesFisher Weibull YeoJohnson adam adamW additive affine affineSpline architectureNames architectures askTable
  bernstein bitsPerDimension blobs bnaf bpf chain circularRationalQuadratic cnf column columnStatistics columnWorkers
  concatenate conditionalMoons constantSchedule contrastiveLoss correlatedGaussian cosineSchedule createFlow createKey
  csvChunks cubicSpline declareTable decodeCheckpoint decodeModel deepSigmoid describeBackend describeModel
  distributionNetwork earthquakes embedContext encodeCheckpoint encodeModel findVariables fitAnomalyScore fitAuto
  fitAutoEvents fitConditionalGaussianMixture fitGaussianMixture fitGaussianMixturePerClass fitNormalMixture
  fitProductMixture fitTable fitTableDensity fitTableDensityEvents fitTableEvents flowMatching
  formatCsv gaussianization gf glow iaf imputeTable independent invert invertible1x1 joint kl lazyRegistry
  linearSpline logProbRows logitTransform maf marginalLogProb masked monotoneIntegral monotoneNetwork multiScale naf
  ncsf ndArray nice nsf oneHot parameterCount parseCsv parseDeclarations penguins planar pluLinear qrLinear
  quadraticSpline quantileSpline radial randomPermutation rationalQuadratic readModel readVariables realNvp
  residualFlow reversePermutation sampleRows selectColumns sospf sphereFlow splitData stackBijections standardRegistry
  standardize sumOfSquares svdLinear sylvester takeRows toyDataset toyDatasetNames train trainEvents unaf
  understandTable useBackend warmupSchedule whitening writeVariables
`;
const AUTHORS = `
  AUTOREGRESSIVE_OPTIONS AbstractBijection AbstractElementwise AbstractModule AdditiveFamily AffineFamily
  AffineSplineFamily BernsteinFamily COUPLING_OPTIONS CategoricalHead Chain CircularRationalQuadraticFamily Classifier
  Concatenate ConfigReader Continuous CubicSplineFamily DeepSigmoidFamily DenseLayer DistributionNetwork EmbedContext
  EmbeddedContext GaussianizationFamily GivenContext Independent IndependentDistribution Inverse Joint
  LinearSplineFamily MonotoneIntegralFamily MonotoneNetworkFamily PlanBuilder QuadraticSplineFamily QuantileSpline
  RationalQuadraticFamily Stack SumOfSquaresFamily UnivariateHead VelocityNetwork anomaliesCodecs asTensor
  autoregressiveLayers batchShapeOf broadcastShapes buildPlan checkKey checkNode checkOptions checkPlanColumns
  checkRowDraws classCodec codecsIn commonConditionersCodecs commonDistributionsCodecs commonFlowsCodecs
  commonTransformsCodecs conditionersCodecs constructStored couplingLayers createLazyRegistry createRegistry
  currentExecutor currentTrace currentTraining defineCodec describeValue disposeParameters distributionsCodecs farColumns field
  flowsCodecs formatShape freeLayers inTableUnits independentDistribution inferenceCodecs
  isAutoregressiveConditioner isBijection isBijectionFamily isConditionalDistribution isConditioner isDistribution
  isModule isNdArray loadArchitecture lowerBijection lowerConditioner lowerConditionerSteps
  lowerDistribution lowerFactor lowerFamily lowerSample makePlan mention mixtureDensityOutputSize mixtureWeights monotoneInverse ops parameter
  parameterTree preset readEvents readMatrix readRows readSafetensors refuseToLower requireBackend requireSampling
  sampleRecipe setExecutor shapesEqual sizeOf splitStandardization tablesCodecs tensorValues tracedChoice
  transformsCodecs withTrace withTraining writeSafetensors
`;

test.each([
  ["pushforward", users, USERS, 220],
  ["pushforward/extend", authors, AUTHORS, 120],
])("%s exports these names and stays small", (_entry, exports, names, limit) => {
  const expected = names.trim().split(/\s+/);
  expect(Object.keys(exports).sort()).toEqual(expected.sort());
  expect(expected.length).toBeLessThanOrEqual(limit);
});

test("a name is in one entry", () => {
  const entries = [users, authors, ofDiagnostics, ofInference, ofInterop, ofPlots, node];
  const names = entries.flatMap((exports) => Object.keys(exports));
  expect(names.filter((name, i) => names.indexOf(name) < i)).toEqual([]);
});

test("a namespace is exported only for the kinds of columns and for tensor operations", () => {
  const isNamespace = (value: unknown): boolean => Object.prototype.toString.call(value) === "[object Module]";
  const namespaces = Object.entries({ ...users, ...authors }).filter(([, value]) => isNamespace(value));
  expect(namespaces.map(([name]) => name).sort()).toEqual(["column", "ops"]);
});

test.each([
  ["diagnostics", ofDiagnostics, diagnostics],
  ["inference", ofInference, inference],
  ["interop", ofInterop, interop],
  ["plots", ofPlots, plots],
  ["node", node, { ...datasets, ...serialization, importOptional: core.importOptional }],
])("pushforward/%s has the exports of its packages", (_entry, exports, expected) => {
  expect({ ...exports }).toEqual({ ...expected });
});
