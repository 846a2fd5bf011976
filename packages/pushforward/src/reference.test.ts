import { useBackend } from "@pushforward/backend";
import { createKey } from "@pushforward/core";
import { isConditionalDistribution } from "@pushforward/core/extend";
import { type ArchitectureName, createFlow } from "@pushforward/flows";
import * as tf from "@tensorflow/tfjs-core";
import { beforeAll, describe, expect, test } from "vitest";
import { BACKENDS } from "../../testing/test/deep.ts";
import { figure } from "../test/figures.ts";
import { perturb } from "../test/perturb.ts";
import { type ReferenceFlow, referenceLogProb } from "../test/reference-log-prob.ts";

const ROWS = 200;
const hidden = [24, 16];
const key = createKey(20261124);
const table: readonly (readonly [ArchitectureName, Pick<ReferenceFlow, "scheme" | "family" | "linear">])[] = [
  ["maf", { scheme: "autoregressive", family: "affine", linear: false }],
  ["nsf", { scheme: "autoregressive", family: "spline", linear: false }],
  ["nsf-coupling", { scheme: "coupling", family: "spline", linear: true }],
  ["realNvp", { scheme: "coupling", family: "affine", linear: false }],
];

// P9 for whole flows: log-densities of a float64 implementation of its own.
for (const backend of BACKENDS) {
  describe(backend, () => {
    beforeAll(() => useBackend(backend));
    for (const [name, shape] of table) {
      for (const features of [2, 5]) {
        for (const context of [undefined, 3]) {
          test(`${name}, ${features} features${context ? ", context" : ""}`, () => {
            const transforms = 3;
            const start = createFlow(name, { features, context, transforms, hidden, key: key.fold(name) });
            const flow = perturb(start, key.fold("move"), 0.15);
            const x = key
              .fold("x")
              .normal(ROWS * features)
              .map((v) => 1.5 * v);
            const c = key.fold("c").normal(ROWS * (context ?? 0));
            const logProb = tf.tidy(() => {
              const at = isConditionalDistribution(flow) ? flow.given(tf.tensor(c, [ROWS, context as number])) : flow;
              return at.logProb(tf.tensor(x, [ROWS, features])).dataSync();
            });
            const reference = { ...shape, parameters: flow.parameters(), transforms, hidden };
            const expected = Array.from(logProb, (_, row) =>
              referenceLogProb(
                reference,
                Array.from(x.subarray(row * features, (row + 1) * features)),
                Array.from(c.subarray(row * (context ?? 0), (row + 1) * (context ?? 0))),
              ),
            );
            // Far enough from the base that the flow is in the numbers.
            const base = Array.from(x).reduce((sum, v) => sum - 0.5 * v * v, 0) / ROWS - features * 0.919;
            expect(Math.abs(expected.reduce((a, b) => a + b) / ROWS - base)).toBeGreaterThan(0.05);
            const worst = Math.max(
              ...expected.map(
                (value, row) => Math.abs(value - (logProb[row] as number)) / Math.max(1, Math.abs(value)),
              ),
            );
            expect(worst).toBeLessThan(5e-5);
            figure(`float64 reference, ${backend}, ${name}, ${features}${context ? ", context" : ""}`, worst);
            flow.dispose();
          });
        }
      }
    }
  });
}
