import { useBackend } from "@pushforward/backend";
import { createKey, ModelFileError, type NdArray, ndArray, OptionError } from "@pushforward/core";
import { type ConditionalFlow, logProbRows } from "@pushforward/flows";
import { readSafetensors, type SafetensorsTensor, writeSafetensors } from "@pushforward/serialization/extend";
import { ConstantAffine } from "@pushforward/transforms";
import { Chain } from "@pushforward/transforms/extend";
import { beforeAll, describe, expect, test } from "vitest";
import { fixture, fixtureBytes } from "../test/fixture.ts";
import { importNflows } from "./nflows/nflows.ts";
import { exportZuko, importZuko } from "./zuko/zuko.ts";

type Tensors = Map<string, SafetensorsTensor>;

/** A fixture with other tensors or metadata. */
function edited(
  name: string,
  edit: (tensors: Tensors) => void,
  metadata: (before: Record<string, string>) => Record<string, string> = (before) => before,
): Uint8Array {
  const file = readSafetensors(fixtureBytes(name));
  const tensors = new Map(file.tensors);
  edit(tensors);
  return writeSafetensors(tensors, metadata({ ...file.metadata }));
}

function changed(tensors: Tensors, key: string, change: Partial<SafetensorsTensor>): void {
  const before = tensors.get(key);
  if (before === undefined) throw new Error(`no ${key}`);
  tensors.set(key, { ...before, ...change });
}

function floats(shape: readonly number[]): SafetensorsTensor {
  return { dtype: "F32", shape, data: new Float32Array(shape.reduce((a, b) => a * b, 1)) };
}

/** The error of an import. */
function errorOf(run: () => { dispose(): void }): ModelFileError | OptionError {
  try {
    run().dispose();
  } catch (error) {
    if (error instanceof ModelFileError || error instanceof OptionError) return error;
    throw error;
  }
  throw new Error("expected an error, got none");
}

const withoutVersion = (): Record<string, string> => ({});
const nothing = (): void => {};

describe("flows of zuko whose files look alike", () => {
  test("BPF, which looks like an NSF", () => {
    const bytes = fixtureBytes("zuko_bpf");
    const error = errorOf(() => importZuko(bytes));
    expect(error).toBeInstanceOf(OptionError);
    expect(error.message).toMatch(
      /expected option flow, .* a spline of 6 bins \(NSF\) or a polynomial of degree 16 \(BPF\)/,
    );
    const other = errorOf(() => importZuko(bytes, { flow: "maf" }));
    expect(other.message).toContain("expected 2 numbers per variable");
  });
});

describe("flows of polynomials and on the torus are taken for nothing else", () => {
  const spaced = "one with transforms without keys between, as a SOSPF has them";
  const older = (name: string): Uint8Array => edited(name, nothing, () => ({ library: "zuko", version: "1.1.0" }));
  const cases: readonly [string, () => { dispose(): void }, string][] = [
    ["a SOSPF that nobody names", () => importZuko(fixtureBytes("zuko_sospf")), spaced],
    [
      "a SOSPF of any number of polynomials",
      () => importZuko(fixtureBytes("zuko_sospf"), { flow: "sospf" }),
      "expected option polynomials, because",
    ],
    [
      "a SOSPF of a number that does not fit",
      () => importZuko(fixtureBytes("zuko_sospf"), { flow: "sospf", polynomials: 4 }),
      "of 4 polynomials, up to 32, of degree 1 to 12, got 16.",
    ],
    [
      "a BPF that is asked for as a SOSPF",
      () => importZuko(fixtureBytes("zuko_bpf"), { flow: "sospf", polynomials: 1 }),
      "expected a sospf, as requested, got transforms without a soft clip between.",
    ],
    [
      "an old SOSPF",
      () => importZuko(older("zuko_sospf"), { flow: "sospf", polynomials: 3 }),
      "expected a SOSPF of zuko 1.5 or later, because older formulas differ, got 1.1.0.",
    ],
    [
      "an old BPF",
      () => importZuko(older("zuko_bpf"), { flow: "bpf" }),
      "expected a BPF of zuko 1.2 or later, because older formulas differ, got 1.1.0.",
    ],
    [
      "a GF that is asked for as a MAF",
      () => importZuko(fixtureBytes("zuko_gf"), { flow: "maf" }),
      "expected a maf, as requested, got the keys of a gf.",
    ],
    [
      "a NCSF that is asked for as an NSF",
      () => importZuko(fixtureBytes("zuko_ncsf"), { flow: "nsf" }),
      "expected a nsf, as requested, got the keys of a ncsf.",
    ],
    [
      "a uniform base that is not the torus",
      () =>
        importZuko(
          edited("zuko_nsf", (t) => {
            t.set("base.lower", floats([3]));
            t.set("base.upper", floats([3]));
          }),
        ),
      "expected −π and π in",
    ],
  ];
  test.each(cases)("%s", (_, run, text) => {
    expect(errorOf(run).message).toContain(text);
  });

  test("a torus under the names of zuko before 1.6 is one too", () => {
    const bytes = edited("zuko_ncsf", (tensors) => {
      for (const [old, name] of [
        ["lower", "_0"],
        ["upper", "_1"],
      ]) {
        tensors.set(`base.${name}`, tensors.get(`base.${old}`) as SafetensorsTensor);
        tensors.delete(`base.${old}`);
      }
    });
    expect(errorOf(() => importZuko(bytes, { flow: "nsf" })).message).toContain("got the keys of a ncsf.");
  });
});

describe("what nothing in the file tells is asked for", () => {
  const cases: readonly [string, () => { dispose(): void }, RegExp][] = [
    [
      "slope, by zuko 1.0 to 1.5",
      () => importZuko(fixtureBytes("zuko_old_141"), { flow: "nsf" }),
      /expected option slope or version, because zuko 1\.0\.1 to 1\.4\.1 had slope 1e-4/,
    ],
    [
      "flow",
      () => importZuko(fixtureBytes("zuko_nsf")),
      /expected option flow, because .*which may be a spline of 8 bins/,
    ],
    ["features", () => importZuko(fixtureBytes("zuko_gmm")), /expected option features, the number of variables/],
    [
      "epsilon",
      () => importZuko(edited("zuko_gmm", nothing, withoutVersion), { features: 3 }),
      /expected option epsilon or version, because a GMM of zuko adds 1e-6/,
    ],
    [
      "activation",
      () => importNflows(fixtureBytes("nflows_sbi_maf")),
      /expected option activation, because .*feed-forward MADE, which nflows makes with "relu" and sbi with "tanh"/,
    ],
    [
      "tailBound",
      () => importNflows(fixtureBytes("nflows_maf_spline"), { spline: "rational-quadratic" }),
      /expected option tailBound, because the file does not contain the interval/,
    ],
  ];
  test.each(cases)("%s", (_, run, message) => {
    const error = errorOf(run);
    expect(error).toBeInstanceOf(OptionError);
    expect(error.message).toMatch(message);
  });

  test("and may stand in the metadata", () => {
    const spline = edited("nflows_maf_spline", nothing, (before) => ({
      ...before,
      ...{ tailBound: "4", spline: "rational-quadratic" },
    }));
    importNflows(spline).dispose();
    const old = edited("zuko_old_141", nothing, () => ({ library: "zuko", version: "1.4.1", flow: "NSF" }));
    importZuko(old).dispose();
    const wrong = edited("zuko_old_141", nothing, () => ({ slope: "steep" }));
    expect(errorOf(() => importZuko(wrong)).message).toContain('expected metadata slope to be a number, got "steep"');
  });

  test("or be told by the names of the keys", () => {
    importZuko(edited("zuko_maf", nothing, withoutVersion)).dispose();
    const ofSbi = edited("zuko_old_141", nothing, () => ({ library: "sbi", version: "0.27.0" }));
    expect(errorOf(() => importZuko(ofSbi, { flow: "nsf" })).message).toContain("expected option slope or version");
    importZuko(edited("zuko_old_032", nothing, withoutVersion), { flow: "nsf" }).dispose();
  });
});

describe("files that do not hold what they promise", () => {
  const zuko = "transform.transforms.0.hyper.2.";
  const nflows = "_transform._transforms.1.autoregressive_net.blocks.0.linear_layers.0.";
  const cases: readonly [string, () => { dispose(): void }, string, string][] = [
    [
      "a missing key",
      () => importZuko(edited("zuko_maf", (t) => t.delete(`${zuko}bias`))),
      "weights",
      `expected a key "${zuko}bias", got none`,
    ],
    [
      "an unknown key",
      () => importZuko(edited("zuko_maf", (t) => t.set("extra", floats([1])))),
      "weights",
      'expected only keys that belong to the model, got "extra"',
    ],
    [
      "unknown keys of nflows",
      () => importNflows(edited("nflows_maf", (t) => t.set(`${nflows}scale`, floats([1])).set("extra", floats([1])))),
      "weights",
      "and 1 more",
    ],
    [
      "another shape",
      () => importZuko(edited("zuko_maf", (t) => t.set(`${zuko}weight`, floats([64, 63])))),
      "tensor",
      `"${zuko}weight" with 64 columns, got 63`,
    ],
    [
      "another type",
      () =>
        importZuko(edited("zuko_maf", (t) => changed(t, `${zuko}bias`, { dtype: "I32", data: new Int32Array(64) }))),
      "tensor",
      `"${zuko}bias" of dtype F64, F32, F16, BF16, got I32`,
    ],
    [
      "NaN",
      () =>
        importZuko(
          edited("zuko_maf", (t) => changed(t, `${zuko}bias`, { data: new Float32Array(64).fill(Number.NaN) })),
        ),
      "weights",
      `expected finite numbers in "${zuko}bias", got NaN at place 0`,
    ],
    [
      "another mask of zuko",
      () => importZuko(edited("zuko_maf", (t) => changed(t, `${zuko}mask`, { data: new Uint8Array(64 * 64).fill(1) }))),
      "weights",
      `of "${zuko}mask", got 1: masks of one's own are not supported`,
    ],
    [
      "an order with a gap",
      () =>
        importZuko(
          edited("zuko_maf", (t) => changed(t, "transform.transforms.0.order", { data: BigInt64Array.of(0n, 2n, 2n) })),
        ),
      "weights",
      "expected each rank up to the largest",
    ],
    [
      "an order out of range",
      () =>
        importZuko(
          edited("zuko_maf", (t) =>
            changed(t, "transform.transforms.0.order", { data: BigInt64Array.of(0n, 1n, 2n ** 62n) }),
          ),
        ),
      "weights",
      "expected integers from 0 to 2",
    ],
    [
      "a transform left out",
      () =>
        importZuko(
          edited("zuko_nice", (t) => {
            for (const key of [...t.keys()]) if (key.startsWith("transform.transforms.1.")) t.delete(key);
          }),
        ),
      "type",
      "a SOSPF",
    ],
    [
      "a mask of a coupling that keeps all",
      () =>
        importZuko(
          edited("zuko_nice", (t) => changed(t, "transform.transforms.0.mask", { data: new Uint8Array(3).fill(1) })),
        ),
      "weights",
      'expected both values in "transform.transforms.0.mask", got true only',
    ],
    [
      "transforms with contexts of different sizes",
      () =>
        importZuko(
          edited("zuko_nice", (t) => {
            t.set("transform.transforms.0.hyper.0.weight", floats([64, 5]));
          }),
        ),
      "weights",
      "expected transforms with one size of context",
    ],
    [
      "another mask of nflows",
      () =>
        importNflows(edited("nflows_maf", (t) => changed(t, `${nflows}mask`, { data: new Float32Array(64).fill(1) }))),
      "weights",
      `of "${nflows}mask"`,
    ],
    [
      "random masks of nflows",
      () =>
        importNflows(
          edited("nflows_maf", (t) => changed(t, `${nflows}degrees`, { data: new BigInt64Array(8).fill(2n) })),
        ),
      "weights",
      "random masks are not supported",
    ],
    [
      "a permutation with one variable twice",
      () =>
        importNflows(
          edited("nflows_maf", (t) =>
            changed(t, "_transform._transforms.0._permutation", { data: BigInt64Array.of(0n, 1n, 1n) }),
          ),
        ),
      "weights",
      "expected each of 0 to 2 once",
    ],
    [
      "variables on both sides of a coupling",
      () =>
        importNflows(
          edited("nflows_realnvp", (t) =>
            changed(t, "_transform._transforms.0.identity_features", { data: BigInt64Array.of(1n, 3n) }),
          ),
        ),
      "weights",
      "expected the variables 0 to 3, in order, on two sides",
    ],
    [
      "batch normalization",
      () =>
        importNflows(
          edited("nflows_realnvp", (t) =>
            t.set("_transform._transforms.0.transform_net.blocks.0.batch_norm_layers.0.weight", floats([8])),
          ),
        ),
      "type",
      "expected networks without batch normalization",
    ],
    [
      "an embedding network",
      () => importNflows(edited("nflows_sbi_nsf", (t) => t.set("net._embedding_net.1.0.weight", floats([2, 2])))),
      "type",
      "an embedding network",
    ],
    [
      "a transform that is not read",
      () =>
        importNflows(
          edited("nflows_maf", (t) => {
            t.set("_transform._transforms.4.unconstrained_weight", floats([3]));
          }),
        ),
      "type",
      'another, which is not supported: "_transform._transforms.4.unconstrained_weight"',
    ],
    [
      "keys of nflows for zuko",
      () => importZuko(edited("nflows_maf", nothing, () => ({}))),
      "type",
      "expected keys of a flow of zuko",
    ],
    [
      "keys of zuko for nflows",
      () => importNflows(edited("zuko_maf", nothing, () => ({}))),
      "type",
      "expected keys of a flow of nflows",
    ],
    [
      "a standardized context of another size",
      () =>
        importNflows(
          edited("nflows_sbi_nsf", (t) =>
            t.set("net._embedding_net.0._mean", floats([3])).set("net._embedding_net.0._std", floats([3])),
          ),
        ),
      "tensor",
      'expected 2 numbers in "net._embedding_net.0._mean", one for each of the context, got shape [3]',
    ],
    [
      "a standardized context without a context",
      () =>
        importZuko(
          edited("zuko_nice_random", (t) =>
            t.set("_embedding_net.0._mean", floats([])).set("_embedding_net.0._std", floats([])),
          ),
        ),
      "weights",
      'expected a model with a context, because of "_embedding_net.0._mean", got one without',
    ],
    [
      "a NICE that is asked for as a MAF",
      () => importZuko(fixtureBytes("zuko_nice"), { flow: "maf" }),
      "type",
      "expected a maf, as requested, got coupling layers",
    ],
    [
      "a MAF that is asked for as a NICE",
      () => importZuko(fixtureBytes("zuko_maf"), { flow: "nice" }),
      "type",
      "expected a nice, as requested, got autoregressive layers",
    ],
    [
      "a GMM that is asked for as a MAF",
      () => importZuko(fixtureBytes("zuko_gmm"), { flow: "maf", features: 3 }),
      "type",
      "expected a maf, as requested, got a GMM",
    ],
    [
      "more variables than a model may have",
      () =>
        importZuko(
          edited("zuko_maf_base", (t) =>
            t
              .set("base.loc", floats([70_000]))
              .set("base.scale", { ...floats([70_000]), data: new Float32Array(70_000).fill(1) }),
          ),
        ),
      "limit",
      "expected at most 65536 variables, got 70000",
    ],
    [
      "a small file that asks for large matrices",
      () =>
        importZuko(
          edited("zuko_gmm_tied", (t) =>
            t
              .set("phi.0", floats([1]))
              .set("phi.1", floats([1, 20_000]))
              .set("phi.2", floats([1, 20_000])),
          ),
        ),
      "limit",
      "expected covariances of at most 16777216 entries, got 1 × 20000²",
    ],
    ["no safetensors", () => importZuko(new Uint8Array(4)), "header", "at least 8 bytes"],
    ["no tensors", () => importZuko(writeSafetensors(new Map())), "tensor", "expected a state_dict, got no tensors"],
    [
      "a model of ours",
      () => importZuko(edited("zuko_maf", nothing, () => ({ format: "pushforward" }))),
      "type",
      "Read it with decodeModel",
    ],
  ];
  test.each(cases)("%s", (_, run, reason, message) => {
    const error = errorOf(run);
    expect(error).toMatchObject({ code: "ERR_MODEL_FILE", reason });
    expect(error.message).toContain(message);
  });

  test("of another library, by the metadata", () => {
    expect(errorOf(() => importNflows(fixtureBytes("zuko_maf"))).message).toContain('library "zuko" in its metadata');
    expect(errorOf(() => importZuko(fixtureBytes("nflows_maf"))).message).toContain('library "nflows" in its metadata');
  });
});

test("options that can't be", () => {
  const bytes = fixtureBytes("zuko_maf");
  const messages = [
    errorOf(() => importZuko(bytes, { slope: 2 })),
    errorOf(() => importZuko(bytes, { bound: 0 })),
    errorOf(() => importZuko(bytes, { flow: "glow" as "nsf" })),
    errorOf(() => importZuko(bytes, { version: "latest" })),
    errorOf(() => importNflows(fixtureBytes("nflows_maf"), { tailBound: Number.NaN })),
  ].map(({ message }) => message);
  expect(messages).toEqual([
    "importZuko: expected slope to be a number between 0 and 1, got 2.",
    "importZuko: expected bound to be a positive number, got 0.",
    'importZuko: expected flow to be one of maf, nsf, nice, realNvp, naf, unaf, gmm, bpf, sospf, gf, ncsf, cnf, got "glow".',
    'importZuko: expected a version of zuko such as "1.6.0", got "latest".',
    "importNflows: expected tailBound to be a positive number, got NaN.",
  ]);
});

describe("splines of nflows of another kind", () => {
  const kinds = [
    ["nflows_linear8_coupling_tails", "linear", "rational-quadratic (3 bins), linear (8 bins) or cubic (3 bins)"],
    [
      "nflows_quadratic6_coupling_tails",
      "quadratic",
      "rational-quadratic (4 bins), linear (11 bins) or quadratic (6 bins)",
    ],
    ["nflows_cubic6_coupling_tails", "cubic", "rational-quadratic (5 bins), linear (14 bins) or cubic (6 bins)"],
  ] as const;

  test.each(kinds)("%s is asked for", (name, _, possible) => {
    const error = errorOf(() => importNflows(fixtureBytes(name), { tailBound: 3 }));
    expect(error).toBeInstanceOf(OptionError);
    expect(error.message).toContain(
      `which may be a spline that is ${possible}, got none. Pass spline: "rational-quadratic"`,
    );
  });

  test.each(kinds)("%s needs the interval, which tells that there are tails", (name, spline) => {
    const { message } = errorOf(() => importNflows(edited(name, nothing, withoutVersion), { spline }));
    expect(message).toContain("the interval and the tails of the splines");
  });

  test("masked layers of linear and cubic splines act on [0, 1] alone", () => {
    const bytes = fixtureBytes("nflows_maf_spline");
    const error = errorOf(() => importNflows(bytes, { tailBound: 3, spline: "linear" }));
    expect(error).toMatchObject({ code: "ERR_MODEL_FILE", reason: "type" });
    expect(error.message).toContain("which acts on [0, 1] alone: what brings the data there has no keys");
  });

  test("a reflection has a vector", () => {
    const zero = edited("nflows_qr_svd", (t) => t.set("_transform._transforms.0.orthogonal.q_vectors", floats([4, 3])));
    expect(errorOf(() => importNflows(zero)).message).toContain("expected vectors other than 0");
    const wide = edited("nflows_qr_svd", (t) => t.set("_transform._transforms.0.orthogonal.q_vectors", floats([4, 2])));
    expect(errorOf(() => importNflows(wide)).message).toContain("expected rows of 3 numbers");
  });

  test.each(kinds)("%s does not pass with a reference", async (name) => {
    await useBackend("cpu");
    const { bytes, x, logProb } = fixture(name);
    const error = errorOf(() => importNflows(bytes, { tailBound: 3, reference: { x, logProb } }));
    expect(error).toMatchObject({ reason: "weights" });
    expect(error.message).toContain("the kind of spline");
  });
});

describe("layers of nflows that are not read are named", () => {
  test.each([
    ["ActNorm", "initialized"],
    ["HouseholderSequence", "q_vectors"],
    ["NaiveLinear", "_weight"],
    ["InverseTransform", "_transform.autoregressive_net.initial_layer.weight"],
  ])("%s", (name, key) => {
    const bytes = edited("nflows_seed_maf", (tensors) => {
      for (const path of [...tensors.keys()]) {
        if (path.startsWith("_transform._transforms.0.")) tensors.delete(path);
      }
      tensors.set(`_transform._transforms.0.${key}`, floats([2]));
    });
    const error = errorOf(() => importNflows(bytes));
    expect(error).toMatchObject({ code: "ERR_MODEL_FILE", reason: "type" });
    expect(error.message).toContain(`a ${name}, which is not supported yet: "_transform._transforms.0.${key}"`);
  });
});

test("a CNF is no MAF, and one of other times, frequencies or sizes is refused", () => {
  const cnf = (edit: (tensors: Parameters<Parameters<typeof edited>[1]>[0]) => void): string =>
    errorOf(() => importZuko(edited("zuko_cnf", edit))).message;
  expect(errorOf(() => importZuko(fixtureBytes("zuko_maf"), { flow: "cnf" })).message).toContain("a cnf, as requested");
  expect(cnf((t) => t.set("transform.times", floats([2])))).toContain("expected the times 0 and 1");
  expect(cnf((t) => t.set("transform.freqs", floats([3])))).toContain("expected π, 2π and so on");
  expect(cnf((t) => t.set("transform.freqs", floats([0])))).toContain("expected π, 2π and so on");
  expect(cnf((t) => t.set("transform.ode.4.weight", floats([2, 64])))).toContain("of shape [2], got [3]");
  expect(cnf((t) => t.set("transform.ode.0.weight", floats([64, 8])))).toContain("expected at least 9 columns");
  expect(errorOf(() => importZuko(fixtureBytes("zuko_cnf"), { activation: "relu" })).message).toContain('got "relu"');
});

test("a NAF is no MAF, a MAF no NAF, and one of before zuko 1.0 is another", () => {
  const error = (run: () => { dispose(): void }) => errorOf(run).message;
  expect(error(() => importZuko(fixtureBytes("zuko_naf"), { flow: "maf" }))).toContain(
    'expected a maf, as requested, got a NAF, by "transform.transforms.0.univariate.network.0.weight"',
  );
  expect(error(() => importZuko(fixtureBytes("zuko_maf"), { flow: "unaf" }))).toContain(
    "expected a unaf, as requested, got transforms without networks of their own",
  );
  const old = edited("zuko_naf", (tensors) => {
    for (const [key, tensor] of [...tensors]) {
      tensors.delete(key);
      tensors.set(key.replace("transform.transforms.", "transforms."), tensor);
    }
  });
  expect(error(() => importZuko(old))).toContain("expected a NAF of zuko 1.0 or later, got an earlier version");
  using flow = importZuko(fixtureBytes("zuko_unaf"));
  expect(() => exportZuko(flow)).toThrow("a family that is written for zuko, got pushforward/monotone-integral");
});

describe("a transform of two unnamed vectors", () => {
  /** The MAF behind an affine transform whose arguments have no names. */
  const bytes = edited("zuko_maf", (tensors) => {
    const first = [...tensors].filter(([key]) => key.startsWith("transform.transforms."));
    for (const [key] of first) tensors.delete(key);
    for (const [key, tensor] of first) {
      const moved = key.replace(/transforms\.(\d+)\./, (_, i) => `transforms.${Number(i) + 1}.`);
      tensors.set(moved, tensor);
    }
    const features = tensors.get("base.loc")?.shape[0] as number;
    tensors.set("transform.transforms.0._0", floats([features]));
    tensors.set("transform.transforms.0._1", { ...floats([features]), data: new Float32Array(features).fill(0.7) });
  });

  test("is asked for, because a plain and a monotonic one have the same keys", () => {
    const error = errorOf(() => importZuko(bytes));
    expect(error).toBeInstanceOf(OptionError);
    expect(error.message).toMatch(
      /expected option affine, because "transform\.transforms\.0\._0" may belong to an AffineTransform/,
    );
  });

  test("has its scale as it is, or unconstrained", () => {
    const scaleOf = (affine: "plain" | "monotonic"): number => {
      using flow = importZuko(bytes, { affine });
      const last = flow.transform instanceof Chain ? flow.transform.layers.at(-1) : undefined;
      if (!(last instanceof ConstantAffine)) throw new Error("expected a constant affine map at the data end");
      return 1 / (last.scale[0] as number);
    };
    expect(scaleOf("plain")).toBeCloseTo(0.7, 6);
    // exp(a / (1 + |a / ln slope|)) with zuko's slope of 1e-3.
    expect(scaleOf("monotonic")).toBeCloseTo(Math.exp(0.7 / (1 + 0.7 / Math.log(1000))), 6);
  });
});

describe("other types of numbers", () => {
  test.each(["F64", "F16", "BF16"] as const)("%s", (dtype) => {
    const { tensors } = readSafetensors(fixtureBytes("zuko_maf_narrow"));
    // Numbers that all types hold.
    const rounded = new Map(
      [...tensors].map(([key, tensor]) => [
        key,
        tensor.dtype === "F32"
          ? { ...tensor, data: (tensor.data as Float32Array).map((v) => Math.round(v * 16) / 16) }
          : tensor,
      ]),
    );
    using expected = importZuko(writeSafetensors(rounded));
    using got = importZuko(asType(rounded, dtype));
    const values = [...got.parameters()].map(([path, p]) => [path, [...p.read()]]);
    expect(values).toEqual([...expected.parameters()].map(([path, p]) => [path, [...p.read()]]));
  });
});

/** The file with its float32 tensors as another type. */
function asType(tensors: ReadonlyMap<string, SafetensorsTensor>, dtype: "F64" | "F16" | "BF16"): Uint8Array {
  const stand = new Map<string, SafetensorsTensor>();
  for (const [key, tensor] of tensors) {
    if (tensor.dtype !== "F32") stand.set(key, tensor);
    else if (dtype === "F64")
      stand.set(key, { ...tensor, dtype, data: Float64Array.from(tensor.data as Float32Array) });
    // Only read, not written: the bytes go in as those of another type of two bytes.
    else
      stand.set(key, {
        ...tensor,
        dtype: "I16",
        data: Int16Array.from(tensor.data as Float32Array, (v) => halfBits(v, dtype)),
      });
  }
  const bytes = writeSafetensors(stand);
  const size = Number(new DataView(bytes.buffer).getBigUint64(0, true));
  const header = new TextDecoder().decode(bytes.subarray(8, 8 + size)).replaceAll('"I16"', `"${dtype}"`);
  const text = new TextEncoder().encode(header);
  const result = new Uint8Array(bytes.length + text.length - size);
  new DataView(result.buffer).setBigUint64(0, BigInt(text.length), true);
  result.set(text, 8);
  result.set(bytes.subarray(8 + size), 8 + text.length);
  return result;
}

function halfBits(value: number, dtype: "F16" | "BF16"): number {
  const bits = new Int32Array(Float32Array.of(value).buffer)[0] as number;
  if (dtype === "BF16" || value === 0) return bits >> 16;
  const exponent = ((bits >> 23) & 0xff) - 127 + 15;
  return ((bits >> 16) & 0x8000) | (exponent << 10) | ((bits >> 13) & 0x3ff);
}

describe("a reference", () => {
  beforeAll(() => useBackend("cpu"));

  test("that agrees is no more than a check", () => {
    const { bytes, x, context, logProb } = fixture("zuko_maf");
    importZuko(bytes, { reference: { x, ...(context && { context }), logProb } }).dispose();
    const spline = fixture("nflows_maf_spline");
    const reference = { x: spline.x, ...(spline.context && { context: spline.context }), logProb: spline.logProb };
    importNflows(spline.bytes, { tailBound: 4, reference }).dispose();
    const error = errorOf(() => importNflows(spline.bytes, { tailBound: 3, reference }));
    expect(error).toMatchObject({ code: "ERR_MODEL_FILE", reason: "weights" });
    expect(error.message).toMatch(
      /^importNflows: expected log-density -?[\d.]+ in row \d+ of the reference, got -?[\d.]+\./,
    );
  });

  test("that does not fit", () => {
    const { bytes, x, logProb } = fixture("zuko_maf");
    expect(errorOf(() => importZuko(bytes, { reference: { x, logProb } })).message).toContain("reference.context");
    expect(errorOf(() => importZuko(bytes, { reference: { x, logProb: [1] } })).message).toContain("32 numbers, got 1");
  });
});

test("a mixture of sbi has its context standardized", async () => {
  await useBackend("cpu");
  const { context, x } = fixture("zuko_gmm_spherical");
  const options = { features: 2, covariance: "spherical" } as const;
  const one = (value: number): SafetensorsTensor => ({ dtype: "F32", shape: [1], data: Float32Array.of(value) });
  const standardized = edited("zuko_gmm_spherical", (t) =>
    t.set("_embedding_net.0._mean", one(0.5)).set("_embedding_net.0._std", one(2)),
  );
  using plain = importZuko(fixtureBytes("zuko_gmm_spherical"), options) as ConditionalFlow;
  using raw = importZuko(standardized, options) as ConditionalFlow;
  const inUnits = ndArray(
    [...(context?.shape ?? [])],
    (context as NdArray).data.map((value) => 0.5 + 2 * value),
  );
  const [got, expected] = [logProbRows(raw, x, inUnits), logProbRows(plain, x, context)];
  for (const [i, value] of got.entries()) expect(value).toBeCloseTo(expected[i] as number, 4);
  const again = readSafetensors(exportZuko(raw, { layout: "sbi" })).tensors;
  expect(again.get("_embedding_net.0._std")?.data).toEqual(Float32Array.of(2));
});

test("of random damage nothing comes but typed errors", () => {
  const key = createKey(20261125);
  const names = ["zuko_nsf_passes", "zuko_nice_random", "nflows_maf", "nflows_sbi_nsf", "zuko_gmm_spherical"] as const;
  let refused = 0;
  for (const [f, name] of names.entries()) {
    const file = readSafetensors(fixtureBytes(name));
    const keys = [...file.tensors.keys()];
    for (let i = 0; i < 150; i++) {
      const draws = key.fold(f * 1000 + i).uniform(6);
      const pick = <T>(list: readonly T[], at: number): T => list[Math.floor((draws[at] as number) * list.length)] as T;
      const tensors = new Map(file.tensors);
      const [one, two] = [pick(keys, 0), pick(keys, 1)];
      const damage = Math.floor((draws[2] as number) * 6);
      const tensor = tensors.get(one) as SafetensorsTensor;
      if (damage === 0) tensors.delete(one);
      if (damage === 1) tensors.set(one, tensors.get(two) as SafetensorsTensor);
      if (damage === 2) tensors.set(`${one}${pick([".0", "x", ".weight"], 3)}`, tensor);
      if (damage === 3) tensors.set(one.replace(/\d+/, String(Math.floor((draws[4] as number) * 99))), tensor);
      if (damage === 4) tensors.set(one, { ...tensor, shape: [...tensor.shape].reverse() });
      if (damage === 5) tensors.set(one, floats([0, ...tensor.shape].slice(0, 2)));
      const bytes = writeSafetensors(tensors, name.startsWith("zuko") ? { library: "zuko", version: "1.6.0" } : {});
      try {
        if (name.startsWith("zuko"))
          importZuko(bytes, { flow: name.includes("nsf") ? "nsf" : undefined, features: 2 } as never).dispose();
        else importNflows(bytes, { activation: "relu" }).dispose();
      } catch (error) {
        if (!(error instanceof ModelFileError) && !(error instanceof OptionError)) throw error;
        refused++;
      }
    }
  }
  expect(refused).toBeGreaterThan(500);
});
