import {
  type Field,
  type Json,
  ModelFileError,
  operationData,
  type PlanOperation,
  type PlanSettings,
  type StepSizes,
  settingsOf,
} from "@pushforward/core/plain";
import { describe, expect, test } from "vitest";
import { checkPlan } from "./checks/check-plan.ts";

/** A step that is right: its settings, and the columns of what it reads; of what it writes into, too. */
interface Example<Settings> {
  readonly settings: Settings;
  readonly inputs: readonly number[];
  readonly into?: readonly number[];
  readonly parameters?: readonly number[];
}

const gaussians = { components: 2, isLearnable: true } as const;
const layers = [
  { inputs: 2, outputs: 3, weight: 0, bias: 1, mask: 2, contextWeight: 3, contextUse: "gate" },
  { inputs: 3, outputs: 4, weight: 4, raw: true },
] as const;
const affine = { scale: "tanh", limit: 5, offset: 0, least: 0 } as const;
const spline = {
  ...{ softmaxScale: 1, softmaxLimit: 0, minBin: 1e-3 },
  ...{ slopeLimit: 0, slopeOffset: 0.5, minSlope: 1e-3 },
} as const;

const examples: { readonly [K in PlanOperation]: Example<PlanSettings<K>> } = {
  network: {
    settings: {
      activation: "relu",
      layers: [{ ...layers[0], dropout: 0.5 }, layers[1], { inputs: 4, outputs: 1, weight: 5 }],
    },
    inputs: [2, 5],
  },
  autoregressiveBegin: {
    settings: {
      activation: "relu",
      layers,
      order: [0, 1],
      outputsPerVariable: 2,
      degrees: [[1, 1, 2]],
      isSparse: true,
    },
    inputs: [5],
  },
  autoregressiveStep: { settings: { rank: 0 }, inputs: [5] },
  affine: { settings: { ...affine, inverse: false }, inputs: [3, 6] },
  rationalQuadraticSpline: {
    settings: { ...spline, bins: 4, bound: 3, tails: "linear", inverse: true },
    inputs: [3, 39],
  },
  affineSpline: { settings: { bins: 4, bound: 3, inverse: false, affine, spline }, inputs: [3, 45] },
  gaussianization: {
    settings: { components: 2, weights: "equal", limit: 5, spread: 1, epsilon: 0 },
    inputs: [3, 12],
  },
  sumOfSquares: {
    settings: { scale: 1, slope: 1e-3, constants: "ones", polynomials: 2, degree: 3, bound: 5, unit: 1 },
    inputs: [3, 27],
  },
  columnSpline: { settings: { inverse: false, knots: 4 }, inputs: [3] },
  luLinear: { settings: { inverse: false, offset: 0, smallest: 1e-3 }, inputs: [3] },
  rotation: { settings: { inverse: true }, inputs: [3] },
  shift: { settings: { inverse: true }, inputs: [3, 3] },
  learnedScale: { settings: { inverse: false, scale: { offset: 0, smallest: 0 } }, inputs: [3] },
  constantScale: { settings: { inverse: false, scale: [1, 2], shift: [0, 0] }, inputs: [2] },
  boxConstraint: { settings: { inverse: false, low: [0, 1], high: [2, 3], sharpness: 1 }, inputs: [2] },
  fixedMap: { settings: { inverse: true, map: "softClip", bound: 2 }, inputs: [3] },
  sinhArcsinh: { settings: { inverse: false }, inputs: [3] },
  columns: { settings: { columns: [2, 0] }, inputs: [3] },
  replaceColumns: { settings: { columns: [2, 0] }, inputs: [3, 2] },
  fillColumns: { settings: { columns: [1, 0] }, inputs: [2], into: [2] },
  parameterRows: { settings: {}, inputs: [], parameters: [3] },
  sumColumns: { settings: {}, inputs: [3, 2] },
  mixtureLogProb: { settings: { logWeights: [-1, -2] }, inputs: [1, 1] },
  standardNormalLogProb: { settings: {}, inputs: [3] },
  embedding: { settings: { tables: [{ codes: 3, width: 2 }] }, inputs: [1] },
  cellLogProb: { settings: { codes: 3, components: 2 }, inputs: [5, 9] },
  bernoulliLogProb: { settings: {}, inputs: [3, 3] },
  studentTLogProb: { settings: { degreesOfFreedom: 3, logConstant: -1 }, inputs: [3] },
  gaussianMixture: {
    settings: { ...gaussians, features: 3, contextColumns: [1], classColumns: [] },
    inputs: [2, 2],
  },
  gaussianMixturePerClass: {
    settings: { ...gaussians, features: 3, contextColumns: [], classColumns: [0, 1] },
    inputs: [3, 2],
  },
};

/** Matrices that may have any number of columns. */
const anyWidth = ["standardNormalLogProb inputs", "sumColumns inputs"];

type Sizes = Required<Omit<StepSizes, "masks">>;

function sizesOf(op: PlanOperation): Sizes {
  const { settings, inputs, into = [], parameters = [] } = examples[op];
  const fail = (expected: string, got: string): never => expect.fail(`${op}: expected ${expected}, got ${got}`);
  const begin = { op: "autoregressiveBegin", settings: examples.autoregressiveBegin.settings, inputs: [5] };
  const step = {
    settings: settings as never,
    n: inputs[0] ?? 0,
    inputs,
    outputs: into,
    parameters,
    continued: begin,
    fail,
  };
  return { parameters: [], ...operationData[op].sizes(step) };
}

/** Reads a plan whose only step is that of an example, or begins before it. */
function read(op: PlanOperation, settings: Json, { inputs, outputs, parameters }: Sizes): void {
  const ids = (list: readonly number[], from = 0): number[] => list.map((_, i) => from + i);
  const step = { op, inputs: ids(inputs), outputs: ids(outputs, inputs.length), parameters: ids(parameters), settings };
  const begin = "autoregressiveBegin";
  const isRank = op === "autoregressiveStep";
  const store = isRank ? sizesOf(begin).parameters : parameters;
  const first = { op: begin, inputs: [0], outputs: [], parameters: ids(store), settings: examples[begin].settings };
  const plan = {
    columns: [...inputs, ...outputs],
    inputs: step.inputs,
    outputs: step.outputs,
    parameters: ids(store),
    steps: isRank ? [first, { ...step, continues: 0 }] : [step],
  };
  const values = store.map((size) => ({ size, values: new Float32Array(size) }));
  checkPlan("plan", JSON.parse(JSON.stringify(plan), revive), { inputs, outputs, parameters: values });
}

const revive = (_: string, value: unknown): unknown => (value === "∞" ? Number.POSITIVE_INFINITY : value);

/** Values that a setting must not have. */
function wrongValues(field: Field, value: Json): readonly Json[] {
  if (field === "boolean") return [1, "true", null];
  if (field === "number") return ["1", "∞", null, [1]];
  if (field === "count") return [0, -1, 1.5, 65_537, "1"];
  if (Array.isArray(field)) return ["none", "", 0, null];
  if ("count" in field) return [(field.count.min ?? 1) - 1, (field.count.max ?? 65_536) + 1, 1.5];
  if ("number" in field) {
    const { min, max } = field.number;
    return ["∞", "1", ...(min === undefined ? [] : [min - 1e-9]), ...(max === undefined ? [] : [max + 1e-9])];
  }
  if ("optional" in field) return wrongValues(field.optional, value);
  if ("places" in field || "each" in field) {
    const list = value as readonly number[];
    const item = "places" in field ? [-1, 65_000, 0.5] : ["1", null];
    return [0, ...item.map((wrong) => [...list.slice(1), wrong]), ...("each" in field ? [list.slice(1)] : [])];
  }
  if ("list" in field) {
    const [first, ...rest] = value as readonly Json[];
    return [0, {}, ...(first === undefined ? [] : wrongValues(field.list, first).map((wrong) => [wrong, ...rest]))];
  }
  if ("either" in field) return ["none", ...wrongValues({ fields: field.or }, value)];
  if (!("fields" in field)) return expect.fail("a kind of setting that is not known");
  const fields = value as { readonly [name: string]: Json };
  const wrong = Object.entries(field.fields).flatMap(([name, of]) =>
    Object.hasOwn(fields, name)
      ? wrongValues(of, fields[name] as Json).map((other) => ({ ...fields, [name]: other }))
      : [],
  );
  const missing = Object.entries(field.fields).flatMap(([name, of]) => {
    const { [name]: _, ...rest } = fields;
    return typeof of === "object" && "optional" in of ? [] : [rest];
  });
  return [...wrong, ...missing, { ...fields, other: 1 }, [], null];
}

test("a sum of nothing is refused", () => {
  const none = { inputs: [], outputs: [1], parameters: [] };
  expect(() => read("sumColumns", {}, none)).toThrow("plan, step 0 (sumColumns): expected an input, got none.");
});

describe.each(Object.keys(operationData) as PlanOperation[])("%s in a file", (op) => {
  const sizes = sizesOf(op);
  const settings = examples[op].settings as Json;

  test("is read as it is", () => {
    expect(() => read(op, settings, sizes)).not.toThrow();
    expect(sizes.inputs).toEqual(examples[op].inputs);
  });

  test("a size one too small, or one too many of a kind, is refused", () => {
    for (const kind of ["inputs", "outputs", "parameters"] as const) {
      for (const i of sizes[kind].keys()) {
        const wrong = { ...sizes, [kind]: sizes[kind].with(i, (sizes[kind][i] as number) - 1) };
        const reading = expect(() => read(op, settings, wrong), `${kind} ${i}`);
        if (anyWidth.includes(`${op} ${kind}`)) reading.not.toThrow();
        else reading.toThrow(ModelFileError);
      }
      if (op === "sumColumns" && kind === "inputs") continue;
      expect(() => read(op, settings, { ...sizes, [kind]: [...sizes[kind], 1] })).toThrow(ModelFileError);
    }
  });

  test("a setting out of range, of another type, missing or unknown is refused", () => {
    const wrong = wrongValues({ fields: settingsOf(op) }, settings);
    expect(wrong.length).toBeGreaterThanOrEqual(3);
    for (const other of wrong) {
      expect(() => read(op, other, sizes), JSON.stringify(other)).toThrow(ModelFileError);
    }
  });
});
