// The steps that mix columns, move them or sum them up.
import type { ConfigReader } from "@pushforward/core/plain";
import type { GivenStep, StepCheck } from "./step-check.ts";

export const checkColumnSpline: StepCheck<"columnSpline"> = (c, given) => {
  const n = width(given);
  const knots = c.count("knots", { min: 2 });
  return {
    settings: { inverse: c.boolean("inverse"), knots },
    inputs: [n],
    outputs: [n, 1],
    parameters: [2 * n, n * (knots - 1), n * (knots - 1), n * knots],
  };
};

export const checkLuLinear: StepCheck<"luLinear"> = (c, given) => {
  const n = width(given);
  const settings = { inverse: c.boolean("inverse"), offset: c.number("offset"), smallest: c.number("smallest") };
  return { settings, inputs: [n], outputs: [n, 1], parameters: [n * n, n] };
};

export const checkRotation: StepCheck<"rotation"> = (c, given) => {
  const n = width(given);
  return { settings: { inverse: c.boolean("inverse") }, inputs: [n], outputs: [n], parameters: [n * n] };
};

export const checkColumns: StepCheck<"columns"> = (c, given) => {
  const n = width(given);
  const columns = columnList(c, n);
  return { settings: { columns }, inputs: [n], outputs: [columns.length] };
};

export const checkReplaceColumns: StepCheck<"replaceColumns"> = (c, given) => {
  const n = width(given);
  const columns = columnList(c, n);
  return { settings: { columns }, inputs: [n, columns.length], outputs: [n] };
};

export const checkFillColumns: StepCheck<"fillColumns"> = (c, given) => {
  const target = given.outputs[0] ?? given.fail("a matrix to write into", "none");
  const columns = columnList(c, target);
  return { settings: { columns }, inputs: [columns.length], outputs: [target] };
};

export const checkParameterRows: StepCheck<"parameterRows"> = (_, { parameters, fail }) => {
  const size = parameters[0] ?? fail("a parameter", "none");
  return { settings: {}, inputs: [], outputs: [size], parameters: [size] };
};

export const checkSumColumns: StepCheck<"sumColumns"> = (_, { inputs, fail }) => {
  if (inputs.length === 0) fail("an input", "none");
  return { settings: {}, inputs, outputs: [1] };
};

export const checkEmbedding: StepCheck<"embedding"> = (c, { fail }) => {
  const tables = c.array("tables").map((table) => {
    if (typeof table !== "object" || table === null || Array.isArray(table)) return fail("a table", "something else");
    const { codes, width: columns } = table as { readonly [key: string]: unknown };
    if (!isCount(codes) || !isCount(columns)) return fail("counts of codes and columns", "others");
    return { codes, width: columns };
  });
  const sum = (of: (table: (typeof tables)[number]) => number): number => tables.reduce((all, t) => all + of(t), 0);
  return {
    settings: { tables },
    inputs: [tables.length],
    outputs: [sum((t) => t.width)],
    parameters: [sum((t) => t.codes * t.width)],
  };
};

function width({ inputs, fail }: GivenStep): number {
  return inputs[0] ?? fail("an input", "none");
}

/** Places of some columns among `count`. */
function columnList(c: ConfigReader, count: number): readonly number[] {
  return c.counts("columns", { min: 0, max: count - 1 });
}

function isCount(value: unknown): value is number {
  return typeof value === "number" && Number.isInteger(value) && value > 0 && value <= 65_536;
}
