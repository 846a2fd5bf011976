import { beforeAll, expect, test } from "vitest";
import { affine, LULinear, rationalQuadratic, standardRegistry, useBackend } from "./index.ts";

beforeAll(() => useBackend("cpu"));

// Names in the configs of model files, as earlier versions wrote them.
test.each([
  [
    "pushforward/lu-linear",
    { features: 2, parameterisation: "nflows" },
    new LULinear({ features: 2, parameterization: "nflows" }),
  ],
  ["pushforward/affine", { parameterisation: "zuko", slope: 1e-4 }, affine({ parameterization: "zuko", slope: 1e-4 })],
  [
    "pushforward/rational-quadratic",
    { bins: 8, bound: 3, parameterisation: "nflows", softmaxScale: 0.5 },
    rationalQuadratic({ bound: 3, parameterization: "nflows", softmaxScale: 0.5 }),
  ],
])("%s with the British name of a field is read", (type, config, expected) => {
  const decoded = standardRegistry.decode({ type, version: 1, config });
  expect(standardRegistry.encode(decoded)).toEqual(standardRegistry.encode(expected));
  expect(standardRegistry.encode(decoded).config["parameterization"]).toBeDefined();
});
