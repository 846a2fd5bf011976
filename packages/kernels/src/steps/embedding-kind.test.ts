import { expect, test } from "vitest";
import { generator, random } from "../../test/arrays.ts";
import { scalarKernels, stepKinds } from "../index.ts";

const settings = {
  tables: [
    { codes: 2, width: 3 },
    { codes: 4, width: 1 },
  ],
};

function run(codes: readonly number[], table: Float32Array, dy: Float32Array) {
  const rows = codes.length / 2;
  const y = new Float32Array(rows * 4);
  const dTable = new Float32Array(table.length).fill(Number.NaN);
  const dCodes = new Float32Array(codes.length).fill(Number.NaN);
  const step = stepKinds.embedding.bind({
    kernels: scalarKernels,
    rows,
    inputs: [2],
    outputs: [4],
    settings,
    isTraining: true,
    input: [Float32Array.from(codes)],
    output: [y],
    parameters: [table],
    identities: [],
    saved: new Float32Array(0),
    scratch: new Float32Array(0),
    dOutput: [dy],
    dInput: [dCodes],
    dParameters: [dTable],
  });
  step.forward();
  step.backward?.();
  return { y, dTable, dCodes };
}

test("a code becomes the row of its table, and the row gets the gradient of all who took it", () => {
  const table = Float32Array.of(1, 2, 3, 4, 5, 6, 10, 20, 30, 40);
  const dy = random(generator(1), 12);
  const { y, dTable, dCodes } = run([0, 3, 1, 0, 0, 3], table, dy);
  expect(Array.from(y)).toEqual([1, 2, 3, 40, 4, 5, 6, 10, 1, 2, 3, 40]);
  const sum = (a: number, b: number): number => Math.fround((dy[a] as number) + (dy[b] as number));
  const of = (i: number): number => dy[i] as number;
  expect(Array.from(dTable)).toEqual([sum(0, 8), sum(1, 9), sum(2, 10), of(4), of(5), of(6), of(7), 0, 0, sum(3, 11)]);
  expect(Array.from(dCodes)).toEqual(Array(6).fill(0));
});

test("a code that no table has gives NaN, in its place only, and moves nothing", () => {
  const { y, dTable } = run([2, 1, Number.NaN, 3], new Float32Array(10).fill(1), new Float32Array(8).fill(1));
  const none = [Number.NaN, Number.NaN, Number.NaN, 1];
  expect(Array.from(y)).toEqual([...none, ...none]);
  expect(Array.from(dTable)).toEqual([0, 0, 0, 0, 0, 0, 0, 1, 0, 1]);
});
