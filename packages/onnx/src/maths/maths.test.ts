import { expect, test } from "vitest";
import { runOnnx } from "../../test/run-onnx.ts";
import { encodeModel } from "../graph/encode-model.ts";
import { GraphBuilder, type GraphValue } from "../graph/graph-builder.ts";
import { addChoice, addFixedChoice, addTableChoice } from "./choices.ts";
import { Maths } from "./maths.ts";
import { addLogBessel, addLogGamma, addNormalCdf, addOneMinusCos } from "./special-functions.ts";

/** The values of a function of a column, as an engine computes them. */
async function valuesOf(of: (maths: Maths, x: GraphValue) => GraphValue, x: readonly number[]): Promise<number[]> {
  const graph = new GraphBuilder();
  const input = graph.input("x", { shape: [{ rows: 1 }, 1], type: "float64" });
  const output = graph.named("y", graph.cast(of(new Maths(graph), input), "float64"));
  const file = encodeModel(graph.finish("test", [output]), {});
  return Array.from((await runOnnx(file, { x: { shape: [x.length, 1], values: x } })).values);
}

// Numbers of scipy.special 1.15: gammaln, log(i0e), ndtr, and 2 sin²(t/2) of NumPy.
const functions: Readonly<Record<string, readonly [(maths: Maths, x: GraphValue) => GraphValue, number[], number[]]>> =
  {
    "ln Γ": [
      addLogGamma,
      [1e-6, 0.5, 1, 2, 3.7, 9.99, 10, 100, 1e6, 1e10],
      [
        ...[13.81550998074943, 0.5723649429247, 0, 0, 1.428072326665388, 12.779315214350195, 12.801827480081469],
        ...[359.1342053695754, 12815504.569147611, 220258509288.81058],
      ],
    ],
    "ln(e^−κ I₀(κ))": [
      addLogBessel,
      [0, 1e-3, 0.5, 1, 5, 30, 700, 1e6],
      [
        ...[0, -0.000999750000015594, -0.4384502808145188, -0.7640856414928213, -1.6953182241774667],
        ...[-2.615298566828064, -4.1943000015565515, -7.826693687186747],
      ],
    ],
    Φ: [
      addNormalCdf,
      [-37, -8, -3, -1, -1e-3, 0, 0.5, 2, 6],
      [
        ...[5.7255712225239266e-300, 6.22096057427174e-16, 0.0013498980316300933, 0.15865525393145707],
        ...[0.49960105778608893, 0.5, 0.6914624612740131, 0.9772498680518208, 0.9999999990134123],
      ],
    ],
    "1 − cos": [
      addOneMinusCos,
      [1e-6, 0.1, 1, 3.14, -2, 7, -40],
      [
        ...[4.999999999999583e-13, 0.004995834721974234, 0.4596976941318603, 1.9999987317275396],
        ...[1.4161468365471424, 0.24609774565669534, 1.666938061652262],
      ],
    ],
  };

test.for(Object.entries(functions))("%s has the values of SciPy", async ([name, [of, x, expected]]) => {
  const found = await valuesOf(of, x);
  for (const [i, value] of expected.entries()) {
    // A probability keeps its digits, a logarithm those behind its point.
    const size = name.startsWith("ln") ? Math.max(1, Math.abs(value)) : Math.abs(value);
    const error = Math.abs((found[i] as number) - value) / size;
    expect(error, `at ${x[i]}`).toBeLessThan(1e-10);
  }
});

test("a number chooses among weights, and never what has none", async () => {
  const weights = [0, 1, 3, 0];
  const u = [0, 0.2499, 0.2501, 0.9999, 1];
  const expected = [1, 1, 2, 2, 2];
  expect(await valuesOf((maths, x) => addFixedChoice(maths, weights, x), u)).toEqual(expected);
  const ofRow = (row: number) => (maths: Maths, x: GraphValue) =>
    addTableChoice(maths, [weights, [1, 0, 0, 0]], maths.graph.cast(maths.fill(row, x), "int64"), x);
  expect(await valuesOf(ofRow(0), u)).toEqual(expected);
  expect(await valuesOf(ofRow(1), u)).toEqual([0, 0, 0, 0, 0]);
  const ofColumns = (maths: Maths, x: GraphValue): GraphValue =>
    addChoice(maths, maths.beside(weights.map((weight) => maths.fill(weight, x))), x);
  expect((await valuesOf(ofColumns, u)).slice(0, 4)).toEqual(expected.slice(0, 4));
});
