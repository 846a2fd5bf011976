import { readFileSync } from "node:fs";
import { type NdArray, ndArray } from "@pushforward/core";

/** A `state_dict` and what its library computed with it, in float64. */
export interface Fixture {
  readonly bytes: Uint8Array;
  readonly x: NdArray;
  readonly context?: NdArray;
  readonly logProb: readonly number[];
  /** Noise, and the points that it gives; absent for mixtures. */
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
export const zukoFixtures = {
  zuko_maf: {},
  zuko_maf_randperm_uncond: {},
  zuko_maf_residual: {},
  zuko_nsf: { flow: "nsf" },
  zuko_nsf_passes2: { flow: "nsf" },
  zuko_nice: {},
  zuko_gmm: { features: 3 },
} as const;

export const nflowsFixtures = {
  nflows_seed_maf: {},
  nflows_seed_nsf: {},
  nflows_seed_nsf_uncond: {},
  nflows_sbi_maf: { activation: "tanh" },
} as const;
