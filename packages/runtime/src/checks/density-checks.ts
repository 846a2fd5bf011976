// The steps that give log-densities.
import type { ConfigReader, GaussianMixtureSettings } from "@pushforward/core/plain";
import type { StepCheck } from "./step-check.ts";

/** Numbers of a cell. */
const CELL = 5;

export const checkMixtureLogProb: StepCheck<"mixtureLogProb"> = (c, { inputs, parameters, fail }) => {
  const count = inputs.length;
  if (count === 0) fail("an input", "none");
  const ones = inputs.map(() => 1);
  const isLearned = parameters.length > 0;
  if (isLearned) return { settings: {}, inputs: ones, outputs: [1], parameters: [count] };
  const logWeights = c.numbers("logWeights");
  if (logWeights.length !== count) fail(`${count} weights`, `${logWeights.length}`);
  return { settings: { logWeights }, inputs: ones, outputs: [1] };
};

export const checkStandardNormalLogProb: StepCheck<"standardNormalLogProb"> = (_, { inputs, fail }) => ({
  settings: {},
  inputs: [inputs[0] ?? fail("an input", "none")],
  outputs: [1],
});

export const checkCellLogProb: StepCheck<"cellLogProb"> = (c) => {
  const settings = { codes: c.count("codes"), components: c.count("components", { min: 0 }) };
  return { settings, inputs: [CELL, settings.codes + 3 * settings.components], outputs: [1] };
};

export const checkBernoulliLogProb: StepCheck<"bernoulliLogProb"> = (_, { inputs, fail }) => {
  const n = inputs[0] ?? fail("an input", "none");
  return { settings: {}, inputs: [n, n], outputs: [1] };
};

export const checkStudentTLogProb: StepCheck<"studentTLogProb"> = (c, { inputs, fail }) => {
  const n = inputs[0] ?? fail("an input", "none");
  const settings = {
    degreesOfFreedom: c.number("degreesOfFreedom", { min: 1e-6 }),
    logConstant: c.number("logConstant"),
  };
  return { settings, inputs: [n], outputs: [1], parameters: [n, n * n] };
};

export const checkGaussianMixture: StepCheck<"gaussianMixture"> = (c, given) => {
  const settings = mixtureSettings(c, given.inputs[1] ?? 0);
  const { features, contextColumns, classColumns } = settings;
  const hasContext = contextColumns.length > 0;
  if (classColumns.length > 0) given.fail("no classes", `${classColumns.length}`);
  if (features <= contextColumns.length) given.fail("more features than columns of the context", `${features}`);
  const value = features - contextColumns.length;
  return mixtureStep(settings, 1, hasContext ? [value, given.inputs[1] ?? 0] : [value]);
};

export const checkGaussianMixturePerClass: StepCheck<"gaussianMixturePerClass"> = (c, given) => {
  const context = given.inputs[1] ?? given.fail("a context", "none");
  const settings = mixtureSettings(c, context);
  const { features, contextColumns, classColumns } = settings;
  if (classColumns.length === 0 || contextColumns.length > 0)
    given.fail("classes and no columns of the context", "others");
  return mixtureStep(settings, classColumns.length, [features, context]);
};

function mixtureSettings(c: ConfigReader, contextColumns: number): GaussianMixtureSettings {
  const places = { min: 0, max: contextColumns - 1 };
  return {
    components: c.count("components"),
    features: c.count("features"),
    isLearnable: c.boolean("isLearnable"),
    contextColumns: c.counts("contextColumns", places),
    classColumns: c.counts("classColumns", places),
  };
}

function mixtureStep(
  settings: GaussianMixtureSettings,
  classes: number,
  inputs: readonly number[],
): {
  readonly settings: GaussianMixtureSettings;
  readonly inputs: readonly number[];
  readonly outputs: readonly number[];
  readonly parameters: readonly number[];
} {
  const count = classes * settings.components;
  const [vectors, matrices] = [count * settings.features, count * settings.features ** 2];
  const correction = settings.isLearnable ? [vectors, matrices, vectors] : [];
  return { settings, inputs, outputs: [1], parameters: [count, vectors, matrices, ...correction] };
}
