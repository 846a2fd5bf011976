import {
  type ConditionalFlow,
  createKey,
  type Flow,
  type Key,
  maf,
  type NdArray,
  ndArray,
  toyDataset,
  Uniform,
  useBackend,
} from "pushforward";
import { posteriorDraws } from "pushforward/diagnostics";
import { expect } from "vitest";

// What examples use without making it, because it is not what they show. Everything else they make themselves or import.

await useBackend("wasm");

export { expect };

export const key: Key = createKey(0);

/** Points in the plane, `[200, 2]`. */
export const x: NdArray = toyDataset("moons").sample(createKey(1), 200);

/** A density of two features. */
export const flow: Flow = maf({ features: 2, transforms: 2, hidden: [8], key });

/** Two parameters, their simulator, and an observation. */
export const prior: Uniform = new Uniform({ low: [-2, -2], high: [2, 2] });
export const simulator = (theta: Float64Array, at: Key): Float64Array => {
  const noise = at.normal(2);
  return theta.map((value, i) => value + 0.1 * (noise[i] ?? 0));
};
export const observation: readonly number[] = [0.3, 1.2];

/** A posterior estimate, and inputs for tests of it: `[100, 2]`, `[100, 2]`, `[100, 20, 2]`, … */
export const posterior: ConditionalFlow = maf({ features: 2, context: 2, transforms: 2, hidden: [8], key });
export const truths: NdArray = ndArray([100, 2], prior.sample(createKey(2), [100]).dataSync() as Float32Array);
export const observations: NdArray = ndArray(
  [100, 2],
  truths.data.map((value, i) => value + 0.1 * (key.normal(200)[i] ?? 0)),
);
export const { draws, drawsLogProb, truthLogProb } = await posteriorDraws(posterior, truths, observations, {
  key,
  draws: 20,
});

let queue: Promise<void> = Promise.resolve();

/** Substitute for `test` of a test runner: runs the tests of an example one after the other. */
export function test(_name: string, run: () => void | Promise<void>): void {
  queue = queue.then(run);
}

/** Waits for the tests of an example. */
export function testsOfExample(): Promise<void> {
  const running = queue;
  queue = Promise.resolve();
  return running;
}
