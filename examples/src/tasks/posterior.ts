import { createKey, Uniform, useBackend } from "pushforward";
import { fitNpe, type RowSimulator } from "pushforward/inference";

await useBackend("wasm");
const prior = new Uniform({ low: [-2, 0.1], high: [2, 1] });
/** Mean and standard deviation of ten draws of a normal distribution. */
const simulator: RowSimulator = ([location = 0, scale = 1], key) => {
  const draws = Array.from(key.normal(10), (z) => location + scale * z);
  const mean = draws.reduce((sum, x) => sum + x, 0) / 10;
  return [mean, Math.sqrt(draws.reduce((sum, x) => sum + (x - mean) ** 2, 0) / 10)];
};

const problem = { prior, simulator, simulations: 500 };
const { posterior } = await fitNpe(problem, { key: createKey(0), auto: { maxEpochs: 3 } });
const given = posterior.given([0.4, 0.6]); // the observation
console.log(given.sample(createKey(1), [3]).arraySync());
console.log(given.logProb([[0.5, 0.5]]).dataSync()[0]);
