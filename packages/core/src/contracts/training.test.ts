import { expect, test } from "vitest";
import { currentTraining, parameter, parameterTree, withTraining } from "../extend.ts";
import { createKey, type Module } from "../index.ts";

const key = createKey(3);

function model(): Pick<Module, "parameters"> & { readonly weight: ReturnType<typeof parameter> } {
  const weight = parameter([2]);
  return { weight, parameters: () => parameterTree({ a: parameter([1]), weight }) };
}

test("a step of training gives each parameter of the model a key, by its path", () => {
  const one = model();
  expect(currentTraining()).toBeUndefined();
  const result = withTraining(one, key, () => {
    expect(currentTraining()?.keyOf(one.weight)?.words).toEqual(key.fold("weight").words);
    expect(currentTraining()?.keyOf(parameter([2]))).toBeUndefined();
    return 7;
  });
  expect(result).toBe(7);
  expect(currentTraining()).toBeUndefined();
  const same = model();
  withTraining(same, key.fold(1), () => {
    expect(currentTraining()?.keyOf(same.weight)?.words).toEqual(key.fold(1).fold("weight").words);
  });
});

test("steps nest, and end however they end", () => {
  const [outer, inner] = [model(), model()];
  withTraining(outer, key, () => {
    withTraining(inner, key, () => expect(currentTraining()?.keyOf(outer.weight)).toBeUndefined());
    expect(currentTraining()?.keyOf(outer.weight)).toBeDefined();
    expect(() =>
      withTraining(inner, key, () => {
        throw new Error("no");
      }),
    ).toThrow("no");
    expect(currentTraining()?.keyOf(outer.weight)).toBeDefined();
  });
  expect(currentTraining()).toBeUndefined();
});

test("what comes after an await is no part of the step", async () => {
  const one = model();
  const seen: boolean[] = [];
  await withTraining(one, key, async () => {
    seen.push(currentTraining() !== undefined);
    await Promise.resolve();
    seen.push(currentTraining() !== undefined);
  });
  expect(seen).toEqual([true, false]);
});
