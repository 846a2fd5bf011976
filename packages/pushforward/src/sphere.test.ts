import { readFileSync } from "node:fs";
import { useBackend } from "@pushforward/backend";
import { createKey } from "@pushforward/core";
import { Uniform, VonMises } from "@pushforward/distributions";
import { Flow, ncsf, sphereFlow } from "@pushforward/flows";
import { train } from "@pushforward/training";
import { CircularShift, chain, GeographicToSphere } from "@pushforward/transforms";
import * as tf from "@tensorflow/tfjs-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { BACKENDS, DEEP } from "../../testing/test/deep.ts";
import { figure } from "../test/figures.ts";
import { perturb } from "../test/perturb.ts";

const key = createKey(20200206);

function numbers(f: () => tf.Tensor): number[] {
  return tf.tidy(() => Array.from(f().dataSync()));
}

/** Midpoints of cells of equal area. */
function grid(rings: number, turns: number): number[][] {
  return Array.from({ length: rings * turns }, (_, i) => {
    const z = (2 * (Math.floor(i / turns) + 0.5)) / rings - 1;
    const angle = (2 * Math.PI * ((i % turns) + 0.5)) / turns;
    const radius = Math.sqrt(1 - z * z);
    return [radius * Math.cos(angle), radius * Math.sin(angle), z];
  });
}

/** ∫ p over the sphere. */
function total(flow: Flow, rings: number, turns: number): number {
  const sum = numbers(() => tf.sum(tf.exp(flow.logProb(grid(rings, turns)))))[0] as number;
  return (sum * 4 * Math.PI) / (rings * turns);
}

// Of SciPy; its origin is in the file.
const scipy = JSON.parse(readFileSync(new URL("../test/von-mises-fisher-scipy.json", import.meta.url), "utf8")) as {
  readonly meanLogDensity: number;
  readonly rows: number[];
};

let trained: Flow;

beforeAll(async () => {
  await useBackend("wasm");
  const rows = tf.tidy(() => new GeographicToSphere().forward(tf.tensor2d(scipy.rows.slice(0, 2000), [1000, 2])));
  trained = sphereFlow({ transforms: 2, bins: 4, hidden: [16], key });
  await train(trained, rows, {
    key,
    batchSize: 250,
    learningRate: DEEP ? 1e-2 : 2e-2,
    maxSteps: DEEP ? 120 : 60,
    validation: 0.1,
  });
  rows.dispose();
}, 60_000);

afterAll(() => trained.dispose());

describe.each(BACKENDS)("%s", (backend) => {
  test("a flow of SciPy's samples of a von Mises–Fisher distribution has its density", async () => {
    await useBackend(backend);
    const unseen = tf.tidy(() => new GeographicToSphere().forward(tf.tensor2d(scipy.rows.slice(2000), [200, 2])));
    const mean = numbers(() => tf.mean(trained.logProb(unseen)))[0] as number;
    unseen.dispose();
    const cells = DEEP ? grid(120, 120) : grid(80, 80);
    const area = (4 * Math.PI) / cells.length;
    const masses = numbers(() => tf.exp(trained.logProb(cells))).map((density) => density * area);
    const integral = masses.reduce((sum, mass) => sum + mass, 0);
    figure(`sphereFlow against SciPy, ${backend}`, { mean, expected: scipy.meanLogDensity, integral });
    expect(Math.abs(mean - scipy.meanLogDensity)).toBeLessThan(0.05);
    expect(Math.abs(integral - 1)).toBeLessThan(1e-3);
    const samples = numbers(() => tf.mean(trained.sample(key.fold("samples"), [4000]), 0));
    for (const [i, sample] of samples.entries()) {
      const expected = masses.reduce((sum, mass, cell) => sum + mass * (cells[cell]?.[i] as number), 0);
      // Five standard errors of a mean of cosines are below this.
      expect(Math.abs(sample - expected)).toBeLessThan(0.04);
    }
  });

  test("the density is the same from all sides of each pole, and integrates to 1", async () => {
    await useBackend(backend);
    // One layer, so that the poles of its coordinates are those of the sphere.
    using whole = sphereFlow({ transforms: 1, bins: 4, hidden: [8], activation: "tanh", key });
    perturb(whole, key, 1);
    for (const [path, parameter] of whole.parameters()) {
      if (path.endsWith("generator")) parameter.write(new Float32Array(9));
    }
    for (const z of [1, -1]) {
      const around = Array.from({ length: 12 }, (_, i) => {
        const angle = (i * Math.PI) / 6;
        return [1e-3 * Math.cos(angle), 1e-3 * Math.sin(angle), z];
      });
      const logProb = numbers(() => whole.logProb([...around, [0, 0, z]]));
      expect(Math.max(...logProb) - Math.min(...logProb)).toBeLessThan(1e-3);
      expect(Number.isFinite(logProb[12])).toBe(true);
    }
    // Elsewhere it depends on the angle.
    const equator = numbers(() =>
      whole.logProb([
        [1, 0, 0],
        [0, 1, 0],
        [-1, 0, 0],
      ]),
    );
    expect(Math.max(...equator) - Math.min(...equator)).toBeGreaterThan(0.1);
    expect(Math.abs(total(whole, 100, 100) - 1)).toBeLessThan(2e-3);
  });

  test.runIf(DEEP).each([
    ["von Mises", () => new VonMises({ location: [1], concentration: [2] })],
    ["uniform", () => new Uniform({ low: [-Math.PI], high: [Math.PI] })],
  ] as const)("a flow on angles with a %s base integrates to 1 and closes around the circle", async (_, base) => {
    await useBackend(backend);
    using splines = ncsf({ features: 1, transforms: 2, bins: 4, base: base(), key });
    using flow = new Flow(splines.base, chain([splines.transform, new CircularShift({ features: 1 })]));
    perturb(flow, key, 0.5);
    const count = 4000;
    const angles = Array.from({ length: count }, (_, i) => [-Math.PI + (2 * Math.PI * (i + 0.5)) / count]);
    const logProb = numbers(() => flow.logProb([...angles, [-Math.PI], [Math.PI]]));
    const sum = logProb.slice(0, count).reduce((all, value) => all + Math.exp(value), 0);
    expect(Math.abs((sum * 2 * Math.PI) / count - 1)).toBeLessThan(1e-4);
    expect(Math.abs((logProb[count] as number) - (logProb[count + 1] as number))).toBeLessThan(1e-3);
  });
});
