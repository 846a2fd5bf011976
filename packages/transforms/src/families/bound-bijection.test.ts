import { ModelFileError, OptionError } from "@pushforward/core";
import { createRegistry } from "@pushforward/serialization/extend";
import { expect, test } from "vitest";
import { affine, affineCodec } from "./affine.ts";
import { rationalQuadratic, rationalQuadraticCodec } from "./rational-quadratic.ts";

test("forms fill in what is left out", () => {
  expect(affine().form).toEqual({ scale: "tanh", limit: 5, offset: 0, least: 0 });
  expect(affine({ form: {} })).toEqual(affine());
  expect(affine({ form: { scale: "clip" } }).form).toEqual({ scale: "clip", limit: 5, offset: 0, least: 0 });
  expect(affine({ form: { scale: "sigmoid", offset: 2 } }).form).toEqual({
    scale: "sigmoid",
    limit: 0,
    offset: 2,
    least: 1e-3,
  });
  expect(rationalQuadratic({ form: {} })).toEqual(rationalQuadratic());
  expect(rationalQuadratic({ form: { softmaxLimit: 3, minBin: 0, slopeLimit: 6 } }).form).toEqual({
    softmaxScale: 1,
    softmaxLimit: 3,
    minBin: 0,
    slopeLimit: 6,
    slopeOffset: 0,
    minSlope: 0,
  });
});

test.each<readonly [() => unknown, string]>([
  [
    () => affine({ form: { scale: "glow" as "clip" } }),
    'affine: expected form.scale to be one of "tanh", "clip", "softplus", "sigmoid", got "glow".',
  ],
  [() => affine({ form: { limit: 0 } }), "affine: expected form.limit from 0.001 to 80, got 0."],
  [
    () => affine({ form: { offset: 1 } }),
    "affine: expected form.offset to be 0, because the form does not use it, got 1.",
  ],
  [
    () => affine({ form: { scale: "softplus", least: Number.NaN } }),
    "affine: expected form.least from 1e-8 to 1, got NaN.",
  ],
  [
    () => rationalQuadratic({ form: { softmaxScale: 0 } }),
    "rationalQuadratic: expected form.softmaxScale from 0.000001 to 1000000, got 0.",
  ],
  [
    () => rationalQuadratic({ form: { minBin: 0 } }),
    "rationalQuadratic: expected form.minBin from 0.000001 to 0.0625, got 0.",
  ],
  [
    () => rationalQuadratic({ form: { slopeLimit: 6, minSlope: 1e-3 } }),
    "rationalQuadratic: expected form.minSlope to be 0, because the form does not use it, got 0.001.",
  ],
])("refuses a form that is none, %#", (make, message) => {
  expect(make).toThrow(new OptionError(message));
});

const limit = -Math.log(1e-3);

test.each([
  ["pushforward/affine", { form: { scale: "glow", limit: 0, offset: 0, least: 1 } }],
  ["pushforward/affine", { form: { scale: "clip", limit, offset: 1, least: 0 } }],
  ["pushforward/affine", { form: { scale: "clip", limit } }],
  ["pushforward/affine", { form: { scale: "clip", limit, offset: 0, least: 0, slope: 1 } }],
])("a damaged config of %s is refused, %#", (type, config) => {
  const registry = createRegistry(affineCodec, rationalQuadraticCodec);
  expect(() => registry.decode({ type, version: 2, config })).toThrow(ModelFileError);
});
