import { readFileSync } from "node:fs";
import { type NdArray, ndArray } from "@pushforward/core";
import type { ImportNflowsOptions, ImportZukoOptions } from "../src/index.ts";

/** A `state_dict` with reference results that its library computed in float64. */
export interface Fixture {
  readonly bytes: Uint8Array;
  readonly x: NdArray;
  readonly context?: NdArray;
  readonly logProb: readonly number[];
  /** Noise, and the points that the flow maps it to; absent for mixtures. */
  readonly z?: NdArray;
  readonly xFromZ?: NdArray;
}

export function fixtureBytes(name: string): Uint8Array {
  return readFileSync(new URL(`./fixtures/${name}.safetensors`, import.meta.url));
}

export function fixture(name: string): Fixture {
  const json = JSON.parse(readFileSync(new URL(`./fixtures/${name}.json`, import.meta.url), "utf8"));
  const rows = (values: number[][] | null | undefined): NdArray | undefined =>
    values ? ndArray([values.length, values[0]?.length as number], Float64Array.from(values.flat())) : undefined;
  const [context, z, xFromZ] = [rows(json.c), rows(json.z), rows(json.x_from_z_f64)];
  return {
    bytes: fixtureBytes(name),
    x: rows(json.x) as NdArray,
    ...(context && { context }),
    logProb: json.log_prob_f64,
    ...(z && { z }),
    ...(xFromZ && { xFromZ }),
  };
}

/** The fixtures of supported models, with the options that their files need. */
export const zukoFixtures: Readonly<Record<string, ImportZukoOptions>> = {
  zuko_maf: {},
  zuko_maf_randperm_uncond: {},
  zuko_maf_residual: {},
  zuko_nsf: { flow: "nsf" },
  zuko_nsf_passes2: { flow: "nsf" },
  zuko_nice: {},
  zuko_naf: {},
  zuko_unaf: {},
  zuko_cnf: {},
  zuko_gmm: { features: 3 },
  zuko_maf_one_variable: {},
  zuko_nsf_one_variable: { flow: "nsf" },
  zuko_maf_residual_widths: { activation: "elu" },
  zuko_maf_narrow: {},
  zuko_maf_base: {},
  zuko_nsf_passes: { flow: "nsf" },
  zuko_nsf_slope: { flow: "nsf" },
  zuko_nice_random: {},
  zuko_gmm_full: {},
  zuko_gmm_tied: {},
  zuko_gmm_spherical: { features: 2, covariance: "spherical" },
  zuko_sbi_nsf: { flow: "nsf" },
  zuko_bpf: { flow: "bpf" },
  zuko_sospf: { flow: "sospf", polynomials: 3 },
  zuko_gf: {},
  zuko_ncsf: {},
  zuko_bpf_one_variable: { flow: "bpf" },
  zuko_sospf_one_variable: { flow: "sospf", polynomials: 2 },
  zuko_gf_unconditional: {},
  zuko_old_141: { flow: "nsf", version: "1.4.1" },
  zuko_old_032: { flow: "nsf" },
};

export const nflowsFixtures: Readonly<Record<string, ImportNflowsOptions>> = {
  nflows_seed_maf: {},
  nflows_seed_nsf: { spline: "rational-quadratic" },
  nflows_seed_nsf_uncond: { spline: "rational-quadratic" },
  nflows_sbi_maf: { activation: "tanh" },
  nflows_maf: {},
  nflows_maf_forward: { activation: "relu" },
  nflows_maf_one_variable: {},
  nflows_maf_spline: { tailBound: 4, spline: "rational-quadratic" },
  nflows_realnvp: {},
  nflows_nice: {},
  nflows_sbi_nsf: {},
  nflows_sbi_nsf_one_variable: {},
  nflows_linear8_coupling_tails: { spline: "linear", tailBound: 3 },
  nflows_quadratic6_coupling_tails: { spline: "quadratic", tailBound: 3 },
  nflows_cubic6_coupling_tails: { spline: "cubic", tailBound: 3 },
  nflows_quadratic_maf: { spline: "quadratic", tailBound: 3 },
  nflows_qr_svd: {},
  nflows_batch_norm: {},
};
