import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { type GeoPermissibleObjects, type GeoProjection, geoEqualEarth, geoGraticule10, geoPath } from "d3-geo";
import { type NdArray, ndArray } from "pushforward";
import { sequentialColor } from "pushforward/plots";
import { mesh } from "topojson-client";

const WIDTH = 960;
const HEIGHT = 520;
/** Bottom of the map; the legend is below it. */
const MAP_HEIGHT = 472;
/** Side of a cell in degrees. */
const CELL = 1;
/** Number of colors, counted down from the highest density. */
const LEVELS = 9;
/** Nats from one color to the next. */
const STEP = 1.5;

/**
 * A density on the sphere on an equal-area map (Equal Earth; Šavrič, Patterson and Jenny 2018) with coastlines, so that
 * equal areas of the picture are equal areas of the Earth.
 *
 * @param logDensity log-densities of rows of latitude and longitude, per steradian.
 * @param places rows of latitude and longitude, drawn as dots.
 */
export function worldMap(logDensity: (places: NdArray) => Float64Array, places: NdArray): string {
  const projection = geoEqualEarth().fitExtent(
    [
      [8, 8],
      [WIDTH - 8, MAP_HEIGHT],
    ],
    { type: "Sphere" },
  );
  const path = geoPath(projection).digits(1);
  const [rows, columns] = [180 / CELL, 360 / CELL];
  const values = logDensity(cellCenters(rows, columns));
  const top = values.reduce((high, value) => Math.max(high, value), Number.NEGATIVE_INFINITY);
  const level = Array.from(values, (value) => Math.max(0, Math.ceil(LEVELS - 1 - (top - value) / STEP)));
  const sphere = path({ type: "Sphere" });
  // The lowest level is the ground of the map.
  const shades = Array.from({ length: LEVELS - 1 }, (_, i) => {
    const fill = color(i + 1);
    return `<path fill="${fill}" stroke="${fill}" stroke-width="0.4" d="${bands(projection, level, i + 1, rows, columns)}"/>`;
  });
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${HEIGHT}" width="${WIDTH}" height="${HEIGHT}" ` +
      `role="img" aria-label="Density of earthquakes on the sphere" font-family="sans-serif" font-size="12">`,
    `<rect width="${WIDTH}" height="${HEIGHT}" fill="#0d1117"/>`,
    `<path d="${sphere}" fill="${color(0)}"/>`,
    ...shades,
    `<path d="${path(geoGraticule10())}" fill="none" stroke="#ffffff" stroke-opacity="0.08"/>`,
    `<path d="${path(coastlines())}" fill="none" stroke="#ffffff" stroke-opacity="0.65" stroke-width="0.7"/>`,
    `<path d="${sphere}" fill="none" stroke="#ffffff" stroke-opacity="0.4"/>`,
    `<path d="${dots(projection, places)}" stroke="#ffffff" stroke-opacity="0.75" stroke-width="1.6" stroke-linecap="round"/>`,
    legend(top),
    "</svg>",
    "",
  ].join("\n");
}

function cellCenters(rows: number, columns: number): NdArray {
  const centers = new Float64Array(2 * rows * columns);
  for (let i = 0; i < rows * columns; i++) {
    centers.set([90 - (Math.floor(i / columns) + 0.5) * CELL, -180 + ((i % columns) + 0.5) * CELL], 2 * i);
  }
  return ndArray([rows * columns, 2], centers);
}

/** Draws runs of adjacent cells with equal level as a single path. */
function bands(
  projection: GeoProjection,
  level: readonly number[],
  wanted: number,
  rows: number,
  columns: number,
): string {
  let d = "";
  for (let row = 0; row < rows; row++) {
    for (let start = 0; start < columns; start++) {
      if (level[row * columns + start] !== wanted) continue;
      let end = start + 1;
      while (end < columns && level[row * columns + end] === wanted) end++;
      d += band(projection, 90 - row * CELL, -180 + start * CELL, -180 + end * CELL);
      start = end;
    }
  }
  return d;
}

/** Parallels are straight lines on this map, and so short a meridian nearly is. */
function band(projection: GeoProjection, north: number, west: number, east: number): string {
  // At 180° the projection would take the other side.
  const inside = Math.min(east, 179.999);
  const start = (longitude: number, latitude: number): string => point(projection, longitude, latitude);
  const end = (longitude: number, latitude: number): string => start(longitude, latitude).split(",")[0] as string;
  const south = north - CELL;
  return `M${start(west, north)}H${end(inside, north)}L${start(inside, south)}H${end(west, south)}Z`;
}

function dots(projection: GeoProjection, { shape, data }: NdArray): string {
  return Array.from({ length: shape[0] as number }, (_, i) => {
    return `M${point(projection, data[2 * i + 1] as number, data[2 * i] as number)}h0`;
  }).join("");
}

function point(projection: GeoProjection, longitude: number, latitude: number): string {
  const [x, y] = projection([longitude, latitude]) as [number, number];
  return `${Number(x.toFixed(1))},${Number(y.toFixed(1))}`;
}

/** Natural Earth's land at 1:110 million. */
function coastlines(): GeoPermissibleObjects {
  const file = fileURLToPath(import.meta.resolve("world-atlas/land-110m.json"));
  const world = JSON.parse(readFileSync(file, "utf8"));
  return mesh(world, world.objects.land);
}

function color(level: number): string {
  return level === 0 ? "#161b22" : sequentialColor((0.9 * level) / (LEVELS - 1), "dark");
}

function legend(top: number): string {
  const [x, y, width] = [300, MAP_HEIGHT + 14, 40];
  const boxes = Array.from({ length: LEVELS }, (_, i) => {
    return `<rect x="${x + i * width}" y="${y}" width="${width}" height="10" fill="${color(i)}"/>`;
  });
  const ends = [1, LEVELS].map((i) => {
    const value = top - (LEVELS - i) * STEP;
    return `<text x="${x + i * width}" y="${y + 24}" text-anchor="middle" fill="#c9d1d9">${value.toFixed(1)}</text>`;
  });
  const label = `<text x="${x - 10}" y="${y + 9}" text-anchor="end" fill="#c9d1d9">log-density, nats per steradian</text>`;
  return [...boxes, ...ends, label].join("");
}
