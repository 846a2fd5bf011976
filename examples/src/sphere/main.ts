// Earthquakes on the sphere and on the plane: `node examples/dist/sphere/main.js [--seeds N] [--members N] [--steps N] [--out
// FOLDER]`. Prints the mean log-density of test rows in nats per steradian, and draws the density of the first seed on a map.
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { earthquakes, selectColumns, useBackend } from "pushforward";
import { type PlaceModel, planeFlow, planeMixture, sphereModels } from "./place-models.ts";
import { splitPlaces } from "./split-places.ts";
import { worldMap } from "./world-map.ts";

const { values } = parseArgs({
  options: {
    seeds: { type: "string", default: "3" },
    members: { type: "string", default: "1" },
    steps: { type: "string", default: "2400" },
    out: { type: "string", default: "examples/results" },
  },
});
const effort = { steps: Number(values.steps), transforms: 8, bins: 16, hidden: [64, 64] };

await useBackend("wasm");
const places = selectColumns(earthquakes(), ["latitude", "longitude"]);
const scores = new Map<string, number[]>();
mkdirSync(values.out, { recursive: true });
for (let seed = 0; seed < Number(values.seeds); seed++) {
  const split = splitPlaces(places, seed);
  const before = process.cpuUsage();
  const plane = [await planeMixture(split, seed), await planeFlow(split, seed, effort)];
  const middle = process.cpuUsage(before).user / 1e6;
  const [single, mixture] = await sphereModels(split, seed, Number(values.members), effort);
  const all: readonly PlaceModel[] = [...plane, single, mixture];
  for (const { name, logDensity } of all) {
    const logProb = logDensity(split.test);
    const mean = logProb.reduce((sum, value) => sum + value, 0) / logProb.length;
    scores.set(name, [...(scores.get(name) ?? []), mean]);
    console.error(`seed ${seed}, ${name}: ${mean.toFixed(3)}, lowest ${Math.min(...logProb).toFixed(2)}`);
  }
  const seconds = process.cpuUsage(before).user / 1e6 - middle;
  console.error(
    `seed ${seed}: ${middle.toFixed(0)} s of processor time on the plane, ${seconds.toFixed(0)} s on the sphere`,
  );
  if (seed === 0) writeFileSync(join(values.out, "earthquakes-sphere.svg"), worldMap(mixture.logDensity, places));
}
console.log("test rows, nats per steradian, higher is better");
for (const [name, means] of scores) {
  const mean = means.reduce((sum, value) => sum + value, 0) / means.length;
  console.log(`  ${name.padEnd(26)}${mean.toFixed(3)}   (${means.map((value) => value.toFixed(3)).join(", ")})`);
}
