import { readFileSync } from "node:fs";
import { readSafetensors } from "@pushforward/serialization/extend";
import { expect, test } from "vitest";
import { DEEP } from "../../../testing/test/deep.ts";
import { StateDict } from "../file/state-dict.ts";
import { readNflows } from "../nflows/read-nflows.ts";
import { writeNflows } from "../nflows/write-nflows.ts";
import { readZuko } from "../zuko/read-zuko.ts";
import { writeZuko } from "../zuko/write-zuko.ts";
import { zukoSettings } from "../zuko/zuko-options.ts";

function load(name: string): Uint8Array {
  return readFileSync(new URL(`../../test/fixtures/${name}.safetensors`, import.meta.url));
}

test.each([
  ["zuko_maf", {}],
  ["zuko_maf_randperm_uncond", {}],
  ["zuko_maf_residual", {}],
  ["zuko_nsf", { flow: "nsf" }],
  ...(DEEP ? ([["zuko_nsf_passes2", { flow: "nsf" }]] as const) : []),
  ["zuko_nice", {}],
  ["zuko_gmm", { features: 3 }],
] as const)("%s read and written is the same file", (name, options) => {
  const bytes = load(name);
  const state = new StateDict("test", bytes);
  const model = readZuko(state, zukoSettings("test", options, state.metadata));
  expect(readSafetensors(writeZuko("test", model, false)).tensors).toEqual(readSafetensors(bytes).tensors);
});

test.each([
  ["nflows_seed_maf", {}],
  ["nflows_seed_nsf", { spline: "rational-quadratic" }],
  ...(DEEP ? ([["nflows_seed_nsf_uncond", { spline: "rational-quadratic" }]] as const) : []),
  ["nflows_sbi_maf", { activation: "tanh" }],
] as const)("%s read and written is the same file", (name, options) => {
  const bytes = load(name);
  const flow = readNflows(new StateDict("test", bytes), options);
  expect(readSafetensors(writeNflows("test", flow, "")).tensors).toEqual(readSafetensors(bytes).tensors);
});
