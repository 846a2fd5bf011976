import { useBackend } from "@pushforward/backend";
import { OptionError } from "@pushforward/core";
import { beforeAll, expect, test } from "vitest";
import { makeToy, toyRegistry } from "../test/toy-model.ts";
import { createRegistry } from "./extend.ts";
import { describeModel } from "./index.ts";

beforeAll(() => useBackend("cpu"));

test("objects stand under each other with settings, counts and shapes", () => {
  const toy = makeToy();
  expect(describeModel(toy, toyRegistry).split("\n")).toEqual([
    'test/toy (rows 3, columns 2, shift 0, name "é \\"quoted\\" 😀"): 13 parameters',
    '  children.0: test/toy (rows 2, columns 1, shift 0.1, name "a", children []): 3 parameters',
    "    weight [2, 1]",
    "    order [2], not trained",
    "    scale []",
    '  children.1: test/toy (rows 2, columns 1, shift 1e-40, name "b", children []): 3 parameters',
    "    weight [2, 1]",
    "    order [2], not trained",
    "    scale []",
    "  weight [3, 2]",
    "  order [3], not trained",
    "  scale []",
  ]);
  toy.dispose();
});

test("a model that no codec knows can't be described", () => {
  expect(() => describeModel(makeToy(), createRegistry())).toThrow(OptionError);
});
