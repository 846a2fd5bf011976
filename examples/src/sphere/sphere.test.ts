import { earthquakes, ndArray, selectColumns, useBackend } from "pushforward";
import { beforeAll, expect, test } from "vitest";
import { type PlaceModel, planeFlow, sphereModels, unitVectors } from "./place-models.ts";
import { splitPlaces } from "./split-places.ts";
import { worldMap } from "./world-map.ts";

const places = selectColumns(earthquakes(), ["latitude", "longitude"]);
const effort = { steps: 3, transforms: 1, bins: 4, hidden: [8] };

beforeAll(() => useBackend("wasm"));

/** ∫ p over cells of latitude and longitude, per steradian. */
function total({ logDensity }: PlaceModel): number {
  const [rows, columns] = [90, 180];
  const centers = Float64Array.from({ length: 2 * rows * columns }, (_, i) => {
    const cell = i >> 1;
    return i % 2 === 0 ? 89 - 2 * Math.floor(cell / columns) : -179 + 2 * (cell % columns);
  });
  const area = (latitude: number): number => Math.cos((latitude * Math.PI) / 180) * (Math.PI / 90) ** 2;
  const logProb = logDensity(ndArray([rows * columns, 2], centers));
  return logProb.reduce((sum, value, cell) => sum + Math.exp(value) * area(centers[2 * cell] as number), 0);
}

test("the parts of a split are all rows, once", () => {
  const { train, validation, test: rest } = splitPlaces(places, 1);
  expect([train, validation, rest].map(({ shape }) => shape)).toEqual([
    [1195, 2],
    [256, 2],
    [256, 2],
  ]);
  const sum = (data: ArrayLike<number>): number => Array.from(data).reduce((a, b) => a + b, 0);
  const parts = sum(train.data) + sum(validation.data) + sum(rest.data);
  expect(Math.abs(parts - sum(places.data))).toBeLessThan(1e-6 * Math.abs(parts));
});

test("unit vectors of the places where axes leave the Earth", () => {
  const vectors = unitVectors(ndArray([3, 2], Float64Array.of(0, 0, 0, 90, -90, 17)));
  for (const [i, value] of [1, 0, 0, 0, 1, 0, 0, 0, -1].entries()) expect(vectors.data[i]).toBeCloseTo(value, 6);
});

test("densities of the sphere integrate to 1 over it; that of the plane to less, as it leaves the map", async () => {
  const split = splitPlaces(places, 0);
  const [single, mixture] = await sphereModels(split, 0, 1, effort);
  expect(Math.abs(total(single) - 1)).toBeLessThan(5e-3);
  expect(Math.abs(total(mixture) - 1)).toBeLessThan(5e-3);
  const onPlane = total(await planeFlow(split, 0, effort));
  expect(onPlane).toBeGreaterThan(0.7);
  expect(onPlane).toBeLessThan(1);
});

test("a map has coastlines, and the color of the highest density where the density is", () => {
  // A peak at 45° north, 90° east.
  const svg = worldMap(
    ({ shape, data }) =>
      Float64Array.from({ length: shape[0] as number }, (_, i) => {
        return -(((data[2 * i] as number) - 45) ** 2 + ((data[2 * i + 1] as number) - 90) ** 2) / 100;
      }),
    ndArray([1, 2], Float64Array.of(45, 90)),
  );
  const shades = svg.match(/<path fill="#[0-9a-f]{6}"[^>]* d="[^"]*"/g) as string[];
  // Of nine levels the lowest is the ground.
  expect(shades.length).toBe(8);
  const numbers = (shades.at(-1) as string).match(/[\d.]+,[\d.]+/g) as string[];
  const dot = /d="M([\d.]+),([\d.]+)h0"/.exec(svg) as unknown as [string, string, string];
  for (const pair of numbers) {
    const [x, y] = pair.split(",").map(Number) as [number, number];
    expect(Math.hypot(x - Number(dot[1]), y - Number(dot[2]))).toBeLessThan(60);
  }
  const land = /stroke-opacity="0.65"/.exec(svg);
  expect(land).not.toBeNull();
});
