import type { ConditionalFlow, Flow } from "@pushforward/flows";
import { readSafetensors } from "@pushforward/serialization";
import { expect, test } from "vitest";
import { fixture, nflowsFixtures, zukoFixtures } from "../test/fixture.ts";
import { exportNflows } from "./export-nflows.ts";
import { exportZuko } from "./export-zuko.ts";
import { importNflows } from "./import-nflows.ts";
import { importZuko } from "./import-zuko.ts";

/** The same keys, shapes, types and, but for one unit in the last place of float32, values. */
function expectSameTensors(got: Uint8Array, expected: Uint8Array): void {
  const [ours, theirs] = [readSafetensors(got).tensors, readSafetensors(expected).tensors];
  expect([...ours.keys()].sort()).toEqual([...theirs.keys()].sort());
  for (const [key, { dtype, shape, data }] of theirs) {
    const tensor = ours.get(key);
    expect({ key, dtype: tensor?.dtype, shape: tensor?.shape }).toEqual({ key, dtype, shape });
    for (const [i, value] of data.entries()) {
      const other = tensor?.data[i] as number | bigint;
      if (other === value) continue;
      const ulp = 2 ** (Math.floor(Math.log2(Math.abs(Number(value)))) - 23);
      expect(Math.abs(Number(other) - Number(value)), `${key}[${i}]`).toBeLessThanOrEqual(ulp);
    }
  }
}

// Names of keys that zuko has no more, and numbers that are kept in another form.
const others = new Set(["zuko_old_141", "zuko_old_032", "zuko_gmm_full", "zuko_gmm_tied"]);

test.each(Object.entries(zukoFixtures).filter(([name]) => !others.has(name)))(
  "%s imported and exported is the same file",
  (name, options) => {
    const { bytes } = fixture(name);
    using flow: Flow | ConditionalFlow = importZuko(bytes, options);
    expectSameTensors(exportZuko(flow, { sbi: name.includes("sbi") }), bytes);
  },
);

test.each(Object.entries(nflowsFixtures))("%s imported and exported is the same file", (name, options) => {
  const { bytes } = fixture(name);
  using flow: Flow | ConditionalFlow = importNflows(bytes, options);
  // The file of sbi's MAF in the fixtures is without its estimator.
  const layout = /sbi_nsf/.test(name) ? "sbi" : "flat";
  expectSameTensors(exportNflows(flow, { layout }), bytes);
});
