import { askedModel } from "@pushforward/questions/extend";
import { afterAll, beforeAll, expect, test, vi } from "vitest";
import { normalRows, Workbench } from "../command.test-support.ts";

vi.mock("@pushforward/questions/extend", async (original) => {
  const actual = await original<typeof import("@pushforward/questions/extend")>();
  return { ...actual, askedModel: vi.fn(actual.askedModel) };
});

const bench = new Workbench();

beforeAll(async () => {
  const rows = normalRows(120, 2).map(([a = 0, b = 0], i) => `${["x", "y"][i % 2]},${(10 * a).toFixed(1)},${b}`);
  bench.write("data.csv", ["kind,size,price", ...rows]);
  bench.write("bad.csv", ["kind,size,price", "x,12,cheap"]);
  bench.write("less.csv", ["kind,size", "x,12"]);
  const small = ["--epochs", "1", "--hidden", "4", "--members", "1", "--validation", "0.2", "--no-anomalies"];
  await bench.fit(["data.csv", "--flow", "table", "--out", "data.st", ...small]);
});
afterAll(() => bench.remove());

test.each([
  [["impute", "data.st", "data.csv", "--out", "no.csv", "--columns", "weight"], "got weight."],
  [["impute", "data.st", "bad.csv", "--out", "no.csv"], "cheap"],
  [["impute", "data.st", "less.csv", "--out", "no.csv"], 'expected a column "price"'],
  [["impute", "data.st", "nosuch.csv", "--out", "no.csv"], "nosuch.csv: expected a readable file"],
  [["score", "data.st", "less.csv", "--marginal"], 'expected a column "price"'],
  [["score", "data.st", "bad.csv", "--marginal"], "cheap"],
  [["sample", "data.st", "-n", "5", "--given", "size>=1e9"], "with numbers from -"],
  [["sample", "data.st", "-n", "5", "--given", "size<-1e9"], "got below -1000000000."],
  [["sample", "data.st", "-n", "5", "--given", "kind=z"], 'a category of column "kind", got "z"'],
  [["sample", "data.st", "-n", "5", "--given", "weight=3"], "got weight=3."],
  [["sample", "data.st", "-n", "5", "--given", "less.csv", "--where", "weight>3"], "got weight>3."],
] as const)("%j is refused before the model is prepared for questions", async (args, message) => {
  const { code, stderr, stdout } = await bench.run(args);
  expect([code === 1 || code === 2, stdout]).toEqual([true, ""]);
  expect(stderr).toContain(message);
  expect(askedModel).not.toHaveBeenCalled();
});
