// How often each test rejects, at 5 %, an estimator that is right or wrong in a known way.
// node packages/diagnostics/scripts/run.mjs power-table [dimensions 2,5] [repeats] [those of C2ST] [of local tests] [variants]

import { useBackend } from "@pushforward/backend";
import { createKey, type Key, type NdArray } from "@pushforward/core";
import { normalCdf } from "@pushforward/core/plain";
import {
  c2st,
  expectedCoverage,
  localC2st,
  paretoSmoothedWeights,
  pit,
  posteriorPredictive,
  simulationBasedCalibration,
  tarp,
} from "../src/index.ts";
import { LinearGaussian, type Runs, type Variant, variants } from "../test/linear-gaussian.ts";
import { withProduct } from "../test/with-product.ts";

const [, sizes = "2,5", many = "200", some = "40", few = "20", which = variants.join()] = process.argv.slice(2);
const chosen = variants.filter((variant) => which.split(",").includes(variant));

/** Runs of an estimator, draws of each posterior, rows of a set for the tests that train. */
const RUNS = 300;
const DRAWS = 99;
const ROWS = 1000;

interface Trial {
  readonly model: LinearGaussian;
  readonly variant: Variant;
  readonly key: Key;
}

/** Returns `true` if the test rejects. */
type Test = (trial: Trial) => boolean | Promise<boolean>;

const global = (pValueOf: (runs: Runs, key: Key) => number): Test => {
  return ({ model, variant, key }) => {
    const [runsKey, testKey] = key.split();
    return pValueOf(model.runs(variant, RUNS, DRAWS, runsKey), testKey) < 0.05;
  };
};

/** An observation of the model. */
function observe({ model, key }: Trial): number[] {
  const [theta, noise] = key.fold("observation").split();
  return model.simulate(Array.from(theta.normal(model.size)), noise.normal(model.size));
}

async function local(trial: Trial, onBase: boolean): Promise<boolean> {
  const { model, variant, key } = trial;
  const [runsKey, baseKey, testKey, drawKey] = key.split(4);
  const { truths, observations, draws, base } = model.runs(variant, ROWS, 1, runsKey);
  const normal = (from: Key, n: number): NdArray => ({ shape: [n, model.size], data: from.normal(n * model.size) });
  const data = onBase
    ? { parameters: base, observations, estimates: normal(baseKey, ROWS) }
    : { parameters: truths, observations, estimates: { shape: [ROWS, model.size], data: draws.data } };
  using test = await localC2st(data, { key: testKey, permutations: 39, null: onBase ? "normal" : "permutation" });
  const x = observe(trial);
  return test.test(x, onBase ? normal(drawKey, 1000) : model.draw(variant, x, 1000, drawKey)).pValue <= 0.05;
}

const tests: readonly (readonly [name: string, repeats: number, test: Test])[] = [
  ["SBC", Number(many), global(({ truths, draws }, key) => simulationBasedCalibration(truths, draws, { key }).pValue)],
  [
    "SBC with a product of parameters",
    Number(many),
    global(
      ({ truths, draws }, key) => simulationBasedCalibration(withProduct(truths), withProduct(draws), { key }).pValue,
    ),
  ],
  [
    "expected coverage (KS)",
    Number(many),
    global(({ truthLogProb, drawsLogProb }, key) => expectedCoverage(truthLogProb, drawsLogProb, { key }).pValue),
  ],
  [
    "TARP, random references (KS)",
    Number(many),
    global(({ truths, draws }, key) => tarp(truths, draws, { key, resamples: 0 }).pValue),
  ],
  [
    "TARP, references at the observations (KS)",
    Number(many),
    global(
      ({ truths, draws, observations }, key) =>
        tarp(truths, draws, { key, resamples: 0, references: observations }).pValue,
    ),
  ],
  [
    "PIT",
    Number(many),
    global(({ base }) => pit({ shape: base.shape, data: Float64Array.from(base.data, normalCdf) }).pValue),
  ],
  [
    "posterior predictive",
    Number(many),
    (trial) => {
      const { model, variant, key } = trial;
      const [drawKey, noiseKey] = key.split();
      const x = observe(trial);
      const { data } = model.draw(variant, x, 500, drawKey);
      const noise = noiseKey.normal(data.length);
      const simulated = Array.from({ length: 500 }, (_, i) => {
        const at = [i * model.size, (i + 1) * model.size] as const;
        return model.simulate(Array.from(data.subarray(...at)), noise.subarray(...at));
      });
      return posteriorPredictive(simulated, x).pValue < 0.05;
    },
  ],
  [
    "Pareto k above its threshold",
    Number(many),
    (trial) => {
      const { model, variant, key } = trial;
      const x = observe(trial);
      const { data } = model.draw(variant, x, 1000, key);
      const q = model.logProb(variant, x, data);
      const { paretoK, threshold } = paretoSmoothedWeights(
        model.logProb("exact", x, data).map((p, i) => p - (q[i] as number)),
      );
      return paretoK > threshold;
    },
  ],
  [
    "C2ST at one observation",
    Number(some),
    async (trial) => {
      const { model, variant, key } = trial;
      const [exactKey, drawKey, testKey] = key.split(3);
      const x = observe(trial);
      const sets = [model.draw("exact", x, ROWS, exactKey), model.draw(variant, x, ROWS, drawKey)] as const;
      return (await c2st(...sets, { key: testKey })).pValue < 0.05;
    },
  ],
  ["L-C2ST at one observation", Number(few), (trial) => local(trial, false)],
  ["L-C2ST on the base space", Number(few), (trial) => local(trial, true)],
];

await useBackend("wasm");
for (const size of sizes.split(",").map(Number)) {
  console.log(
    `\n${size} dimensions\n\n| test | ${chosen.join(" | ")} | repeats | CPU s each |\n|${"---|".repeat(chosen.length + 3)}`,
  );
  for (const [name, repeats, test] of tests) {
    if (repeats === 0) continue;
    const start = process.cpuUsage();
    const rates: string[] = [];
    for (const variant of chosen) {
      let rejected = 0;
      for (let r = 0; r < repeats; r++) {
        const key = createKey("power").fold(name).fold(variant).fold(size).fold(r);
        if (await test({ model: new LinearGaussian(size), variant, key })) rejected++;
      }
      rates.push((rejected / repeats).toFixed(repeats < 100 ? 2 : 3));
    }
    const { user, system } = process.cpuUsage(start);
    const seconds = (user + system) / 1e6 / (repeats * chosen.length);
    console.log(`| ${name} | ${rates.join(" | ")} | ${repeats} | ${seconds.toFixed(2)} |`);
  }
}
