import { formatCsv, parseCsv, type Table } from "@pushforward/datasets";
import { createTable } from "@pushforward/datasets/extend";
import { expect, test } from "vitest";
import { parseDeclarations } from "../declarations/column-types.ts";
import { roundInDomain, wrapNumber } from "../numbers/number-domain.ts";
import { describeVariable } from "../variables/describe-variable.ts";
import { readVariables, writeCell, writeVariables } from "../variables/read-variables.ts";
import { variablesFromJson, variablesToJson } from "../variables/variables-json.ts";
import { type FoundVariables, findVariables } from "./find-variable.ts";

const texts = (values: readonly string[]): Table => ({
  rows: values.length,
  columns: [{ name: "x", kind: "text", values }],
});
const declare = (values: readonly string[], kind: string): FoundVariables =>
  findVariables(texts(values), { declared: parseDeclarations(`x:${kind}`) });
const numbers = ({ table }: Pick<FoundVariables, "table">): number[] =>
  table.columns.flatMap(({ values }) => Array.from(values, Number));

test.each([
  ["positive", ["1.5", "-2", "3"], "a number of at least 0", "-2", 2],
  ["interval(0,100)", ["0", "100", "100.5"], "a number from 0 to 100", "100.5", 3],
  ["positive", ["1", "abc"], "a number of at least 0", "abc", 2],
  ["circular(360)", ["1", "north"], "a number in [0, 360)", "north", 2],
])(
  "%s: a value of %j that is none is an error with its row, now and when other rows are read",
  (kind, values, what, bad, row) => {
    const message = `row ${row}, column "x": expected ${what}, got "${bad}".`;
    expect(() => declare(values, kind)).toThrow(message);
    const good = declare(["1", "2"], kind);
    const expected = kind.startsWith("circular") ? "a number" : what;
    expect(() => readVariables(texts(values), good.variables)).toThrow(
      `row ${row}, column "x": expected ${expected}, got "${bad}".`,
    );
  },
);

test("numbers that come as such are held to their bounds, too", () => {
  const table = createTable([{ name: "x", kind: "number", values: Float64Array.of(1, -1) }]);
  const declared = parseDeclarations("x:positive");
  expect(() => findVariables(table, { declared })).toThrow(
    'row 2, column "x": expected a number of at least 0, got "-1".',
  );
  const { variables } = declare(["1", "2"], "positive");
  expect(() => readVariables(table, variables)).toThrow('row 2, column "x"');
});

test("bounded numbers keep their grid and how they are written", () => {
  const found = declare(["$1.50", "$0.00", "?", "$20.00"], "positive");
  expect(found.variables[0]).toMatchObject({ kind: "positive", missingRows: 1, min: 0, max: 20 });
  expect(formatCsv(writeVariables(found))).toBe("x\n$1.50\n$0.00\n?\n$20.00\n");
  expect(declare(["3", "1", "2"], "interval(0,5)").variables[0]).toMatchObject({ step: 1, bounds: [0, 5] });
  expect(describeVariable(declare(["3", "1"], "interval(0,5)").variables[0] as never)).toBe(
    "x: interval [0, 5], 1 to 3",
  );
  expect(describeVariable(declare(["3", "1"], "circular(6)").variables[0] as never)).toBe("x: circular [0, 6), 1 to 3");
  expect(describeVariable(declare(["3.5", "1"], "positive").variables[0] as never)).toBe("x: positive, 1 to 3.5");
});

test("numbers on a circle are read modulo the period, which is said", () => {
  const found = declare(["10", "370", "-1.3", "360", "", ""], "circular(360)");
  expect(numbers(found)).toEqual([10, 10, 358.7, 0, Number.NaN, Number.NaN]);
  expect(found.variables[0]).toMatchObject({ kind: "circular", bounds: [0, 360], distinct: 3, min: 0, max: 358.7 });
  expect(found.notes.map(({ text }) => text)).toContain("3 values lie outside of [0, 360) and are read modulo 360.");
  expect(numbers(readVariables(texts(["361.3", "-0.1"]), found.variables))).toEqual([1.3, 359.9]);
  expect(numbers(declare(["190", "-180", "180"], "circular(-180,180)"))).toEqual([-170, -180, -180]);
  expect(declare(["1", "359"], "circular(360)").notes).toEqual([]);
  const asNumbers = createTable([{ name: "x", kind: "number", values: Float64Array.of(1, 361) }]);
  const wrapped = findVariables(asNumbers, { declared: parseDeclarations("x:circular(360)") });
  expect(numbers(wrapped)).toEqual([1, 1]);
  expect(numbers(readVariables(asNumbers, wrapped.variables))).toEqual([1, 1]);
});

test("modulo is exact where it can be, and always within the period", () => {
  const day = { low: 0, high: 86_400, isCircular: true };
  expect(wrapNumber(1e15 + 7, day)).toBe((1e15 + 7) % 86_400);
  expect(wrapNumber(-1e-20, day)).toBe(0);
  expect(wrapNumber(720.1, { ...day, high: 360 }, 1)).toBe(0.1);
  const circle = { low: 0, high: 2 * Math.PI, isCircular: true };
  for (const x of [-7, 7, 1e6, -1e-17, 2 * Math.PI]) {
    expect(wrapNumber(x, circle)).toBeGreaterThanOrEqual(0);
    expect(wrapNumber(x, circle)).toBeLessThan(2 * Math.PI);
  }
});

test("what is written stays within the bounds", () => {
  const score = declare(["0.25", "0.99"], "interval(0,0.999)").variables[0] as never;
  expect(writeCell(score, 0.9989)).toBe("0.99");
  const angle = declare(["0.25", "359.99"], "circular(360)").variables[0] as never;
  expect(writeCell(angle, 359.998)).toBe("0");
  expect(roundInDomain(0.5, { low: 0.4, high: 0.6 }, 0)).toBe(0.5);
  expect(roundInDomain(0.0041, { low: 0.004, high: 1 }, 2)).toBe(0.01);
});

test("an ordinal column keeps its texts, in an order that is declared or said", () => {
  const values = ["M", "S", "", "L", "M"];
  const found = declare(values, "ordinal(S<M<L<XL)");
  expect(found.variables[0]).toMatchObject({
    kind: "ordinal",
    levels: ["S", "M", "L", "XL"],
    missingRows: 1,
    distinct: 3,
  });
  expect(describeVariable(found.variables[0] as never)).toBe("x: ordinal (S < M < L < XL), 1 missing (20 %)");
  expect(formatCsv(writeVariables(found))).toBe('x\nM\nS\n""\nL\nM\n');
  expect(declare(values, "ordinal").variables[0]?.levels).toEqual(["S", "M", "L"]);
  expect(() => declare(values, "ordinal(S<M)")).toThrow('row 4, column "x": expected one of S < M, got "L".');
  expect(() => declare(["b", "<5", "a"], "ordinal")).toThrow(
    'declare: the values of column "x" do not say their order. Declare x:ordinal("<5"<a<b) with all values, the lowest first.',
  );
  const repeated = Array.from({ length: 10 }, () => ["low", "high", "medium"]).flat();
  expect(findVariables(texts(repeated)).variables[0]).toMatchObject({
    kind: "ordinal",
    levels: ["low", "medium", "high"],
  });
  const many = Array.from({ length: 20 }, (_, i) => `${10 * i}-${10 * i + 9}`);
  expect(describeVariable(declare(many, "ordinal").variables[0] as never)).toBe(
    "x: ordinal (0-9 < 10-19 < 20-29 < 30-39 < 40-49 < … < 190-199)",
  );
});

test.each([
  [{ kind: "interval" }, 'declare: expected finite bounds that rise for column "x" (interval), got [NaN, NaN].'],
  [{ kind: "circular", bounds: [0, Number.POSITIVE_INFINITY] }, "finite bounds that rise"],
  [{ kind: "interval", bounds: [2, 1] }, "finite bounds that rise"],
  [{ kind: "ordinal", levels: ["1"] }, 'declare: expected at least two different levels for column "x", got [1].'],
] as const)("a declaration by hand of %j is refused", (declaration, message) => {
  expect(() => findVariables(texts(["1", "2"]), { declared: new Map([["x", declaration]]) })).toThrow(message);
});

test("the variables of all kinds go into a model file and back", () => {
  const table = parseCsv("a,b,c,d\n1,2,3,S\n2,3,4,M\n", { kinds: "text", missing: "keep" });
  const declared = parseDeclarations("a:positive,b:interval(0,9),c:circular(12),d:ordinal(S<M<L)");
  const { variables } = findVariables(table, { declared });
  expect(variablesFromJson(JSON.parse(JSON.stringify(variablesToJson(variables))))).toEqual(variables);
});

test.each([
  [{ kind: "interval" }, "expected bounds"],
  [{ kind: "real", bounds: [0, 1] }, "expected no bounds"],
  [{ kind: "interval", bounds: [1, 0] }, "expected two bounds that rise"],
  [{ kind: "circular", bounds: [0] }, "expected two bounds that rise"],
  [{ kind: "ordinal" }, "expected levels"],
  [{ kind: "category", levels: ["a", "b"] }, "expected no levels"],
  [{ kind: "ordinal", levels: ["a", "a"] }, "expected at least two different levels"],
])("a model file with %j is refused", (parts, message) => {
  const json = [{ name: "x", rows: 2, missingRows: 0, distinct: 2, ...parts }];
  expect(() => variablesFromJson(json)).toThrow(message);
});
