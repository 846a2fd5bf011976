import { useBackend } from "@pushforward/backend";
import type { NdArray } from "@pushforward/core";
import { currentExecutor, setExecutor } from "@pushforward/core/extend";
import { type ConditionalFlow, Flow } from "@pushforward/flows";
import { planLogProb } from "@pushforward/ops";
import * as tf from "@tensorflow/tfjs-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { BACKENDS } from "../../testing/test/deep.ts";
import { type Fixture, fixture, nflowsFixtures, zukoFixtures } from "../test/fixture.ts";
import { importNflows } from "./nflows/nflows.ts";
import { importZuko } from "./zuko/zuko.ts";

const TOLERANCE = 5e-5;

const models: Readonly<Record<string, (bytes: Uint8Array) => Flow | ConditionalFlow>> = Object.fromEntries([
  ...Object.entries(zukoFixtures).map(([name, options]) => [name, (bytes: Uint8Array) => importZuko(bytes, options)]),
  ...Object.entries(nflowsFixtures).map(([name, options]) => [
    name,
    (bytes: Uint8Array) => importNflows(bytes, options),
  ]),
]);

// These are computed with tensors either way.
const withoutPlan =
  /^zuko_(gmm|gmm_spherical|naf|unaf|cnf|(bpf|ncsf)\w*)$|^nflows_(linear|quadratic|cubic|qr|svd|batch)/;

const table: Record<string, Record<string, number>> = {};

afterAll(() => {
  // Read it with `npx vitest run packages/interop --silent=false`.
  for (const [name, row] of Object.entries(table)) {
    const cells = Object.entries(row).map(([column, error]) => `${column} ${error.toExponential(1)}`);
    process.stdout.write(`${name.padEnd(26)} ${cells.join("  ")}\n`);
  }
});

function tensor({ shape, data }: NdArray): tf.Tensor {
  return tf.tensor(Float32Array.from(data), [...shape]);
}

/** The largest |error| / max(1, |value|). */
function largestError(got: ArrayLike<number>, expected: ArrayLike<number>): number {
  expect(got.length).toBe(expected.length);
  let largest = 0;
  for (let i = 0; i < expected.length; i++) {
    const value = expected[i] as number;
    const error = Math.abs((got[i] as number) - value) / Math.max(1, Math.abs(value));
    if (!(error <= largest)) largest = error;
  }
  return largest;
}

function density(flow: Flow | ConditionalFlow, { x, context }: Fixture): Float32Array {
  return tf.tidy(() => {
    const given = flow instanceof Flow ? flow : flow.given(tensor(context as NdArray));
    return given.logProb(tensor(x)).dataSync() as Float32Array;
  });
}

/** The points that the noise of the fixture gives, by the transform alone. */
function pushed(flow: Flow | ConditionalFlow, { z, context }: Fixture): Float32Array {
  return tf.tidy(() => {
    const noise = tensor(z as NdArray);
    if (flow instanceof Flow) return flow.transform.forward(noise).dataSync() as Float32Array;
    const raw = tensor(context as NdArray);
    const inner = flow.contextTransform?.forward(raw) ?? raw;
    return flow.transform.forward(noise, inner).dataSync() as Float32Array;
  });
}

for (const backend of BACKENDS) {
  for (const way of ["plan", "tape"] as const) {
    describe(`${backend}, ${way}`, () => {
      let restore: () => void = () => {};
      beforeAll(async () => {
        await useBackend(backend);
        const executor = currentExecutor();
        if (way === "plan") return;
        setExecutor(tf.backend(), undefined);
        restore = () => setExecutor(tf.backend(), executor);
      });
      afterAll(() => restore());

      test.each(Object.keys(models))("%s", (name) => {
        const from = fixture(name);
        using flow = (models[name] as (bytes: Uint8Array) => Flow | ConditionalFlow)(from.bytes);
        const [, features] = from.x.shape;
        const { reason } = planLogProb(flow, features);
        if (withoutPlan.test(name)) expect(reason).toMatch(/is computed with tensors only/);
        else expect(reason).toBeUndefined();
        const row = table[name] ?? {};
        table[name] = row;
        const logProb = largestError(density(flow, from), from.logProb);
        row[`${backend} ${way} log p`] = logProb;
        expect(logProb).toBeLessThan(TOLERANCE);
        if (from.xFromZ === undefined) return;
        const x = largestError(pushed(flow, from), from.xFromZ.data);
        row[`${backend} ${way} x`] = x;
        expect(x).toBeLessThan(TOLERANCE);
      });
    });
  }
}
