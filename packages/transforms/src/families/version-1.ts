import type { Json } from "@pushforward/core";
import { ConfigReader, type NumberBounds } from "@pushforward/core/extend";

// Version 1 of three codecs named the library whose formulas a map has; version 2 says the numbers of the formulas. The
// names stand here because files hold them.

interface Fields {
  [field: string]: Json;
}

/** Takes a number out of a config of version 1. */
type Take = (field: string, bounds: NumberBounds) => number;

const SLOPES: NumberBounds = { min: 1e-8, max: 0.999 };
const SCALES: NumberBounds = { min: 1e-6, max: 1e6 };

/** A config of version 1 of `pushforward/affine` as one of version 2. */
export function affineOfVersion1(config: Json): Json {
  return upgraded("pushforward/affine", config, {
    zuko: (take) => ({ form: { scale: "clip", limit: -Math.log(take("slope", SLOPES)), offset: 0, least: 0 } }),
    nflows: () => ({ form: { scale: "softplus", limit: 0, offset: 0, least: 1e-3 } }),
    "nflows-coupling": () => ({ form: { scale: "sigmoid", limit: 0, offset: 2, least: 1e-3 } }),
  });
}

/** A config of version 1 of `pushforward/rational-quadratic` as one of version 2. */
export function rationalQuadraticOfVersion1(config: Json): Json {
  return upgraded("pushforward/rational-quadratic", config, {
    zuko: (take) => {
      const limit = -Math.log(take("slope", SLOPES));
      const bins = { softmaxScale: 1, softmaxLimit: limit / 2, minBin: 0 };
      return { form: { ...bins, slopeLimit: limit, slopeOffset: 0, minSlope: 0 } };
    },
    nflows: (take, has) => {
      const softmaxScale = has("softmaxScale") ? take("softmaxScale", SCALES) : 1;
      const bins = { softmaxScale, softmaxLimit: 0, minBin: 1e-3 };
      return { form: { ...bins, slopeLimit: 0, slopeOffset: 0, minSlope: 1e-3 } };
    },
  });
}

/** A config of version 1 of `pushforward/lu-linear` as one of version 2. */
export function luLinearOfVersion1(config: Json): Json {
  return upgraded("pushforward/lu-linear", config, { nflows: () => ({ diagonal: { offset: 0, smallest: 1e-3 } }) });
}

/** The config with what its parameterization means in place of its name, a field that is British in the oldest files. */
function upgraded(
  type: string,
  config: Json,
  meanings: Readonly<Record<string, (take: Take, has: (field: string) => boolean) => Fields>>,
): Json {
  const reader = new ConfigReader(type, config);
  const field = ["parameterization", "parameterisation"].find((name) => reader.has(name));
  if (field === undefined) return config;
  const name = reader.oneOf(field, ["pushforward", ...Object.keys(meanings)]);
  const { [field]: _, ...rest } = config as Fields;
  const take: Take = (number, bounds) => {
    delete rest[number];
    return reader.number(number, bounds);
  };
  const meaning = meanings[name]?.(take, (number) => reader.has(number));
  return { ...rest, ...meaning };
}
