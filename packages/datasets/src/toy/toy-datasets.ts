import { OptionError } from "@pushforward/core";
import { logNormalInterval } from "@pushforward/core/plain";
import { circles, cos, line, moons, rings, swissroll } from "./curves.ts";
import { checkerboard, eightGaussians } from "./mixtures.ts";
import { defineToyDataset, drawPoints, type LogDensity, quadrature, type ToyDataset } from "./toy-dataset.ts";

const RADIAL_SD = 0.3;
const TANGENTIAL_SD = 0.1;
const BLADES = 5;
const RATE = 0.25;

// The radial coordinate is 1 + 0.3 z. Beyond 13 standard deviations its density is below e⁻⁸⁵.
const RADIAL_FROM = 1 - 13 * RADIAL_SD;
const RADIAL_TO = 1 + 13 * RADIAL_SD;
const STEPS = 2000;

/**
 * Five blades that bend as they go outwards: (1 + 0.3 z₁, 0.1 z₂) turned by −(2πk/5 + e^(1 + 0.3 z₁) / 4), times 2.
 * Its density is 0 where the radial coordinate would be more than 13 standard deviations from its mean.
 */
function pinwheel(): ToyDataset {
  return defineToyDataset({
    name: "pinwheel",
    entropy: 2.3177881,
    bounds: [-4.2, 4.2, -4.2, 4.2],
    draw: (key, count) =>
      drawPoints(key, count, 1, 2, ([u], [zr, zt]) => {
        const radial = 1 + RADIAL_SD * (zr as number);
        const tangential = TANGENTIAL_SD * (zt as number);
        const angle = bladeAngle(Math.floor((u as number) * BLADES)) + RATE * Math.exp(radial);
        const [cos, sin] = [Math.cos(angle), Math.sin(angle)];
        return [2 * (radial * cos + tangential * sin), 2 * (tangential * cos - radial * sin)];
      }),
    density: pinwheelDensity,
  });
}

function bladeAngle(blade: number): number {
  return (2 * Math.PI * blade) / BLADES;
}

/**
 * For a blade, the point y = x / 2 corresponds to each radial coordinate r with y·(cos a, −sin a) = r and a = 2πk/5 +
 * e^r / 4. The tangential coordinate is then t = y·(sin a, cos a) and the Jacobian |1 + t e^r / 4|. The density is the
 * sum over blades and roots. The roots are found as changes of sign on a fine grid.
 */
function pinwheelDensity(): LogDensity {
  const step = (RADIAL_TO - RADIAL_FROM) / STEPS;
  const radii = Float64Array.from({ length: STEPS + 1 }, (_, i) => RADIAL_FROM + i * step);
  const cosines = radii.map((r) => Math.cos(RATE * Math.exp(r)));
  const sines = radii.map((r) => Math.sin(RATE * Math.exp(r)));
  return (x, y) => {
    let density = 0;
    for (let blade = 0; blade < BLADES; blade++) {
      // The point turned so that the blade starts at angle 0.
      const angle = bladeAngle(blade);
      const [cos, sin] = [Math.cos(angle), Math.sin(angle)];
      const px = (x * cos - y * sin) / 2;
      const py = (x * sin + y * cos) / 2;
      const reach = Math.hypot(px, py);
      const from = Math.max(0, Math.floor((-reach - RADIAL_FROM) / step));
      const to = Math.min(STEPS, Math.ceil((reach - RADIAL_FROM) / step));
      let previous = residual(px, py, from, radii, cosines, sines);
      for (let i = from + 1; i <= to; i++) {
        const next = residual(px, py, i, radii, cosines, sines);
        if (previous >= 0 !== next >= 0) density += densityAtRoot(px, py, radii[i - 1] as number, radii[i] as number);
        previous = next;
      }
    }
    return Math.log(density / (4 * BLADES));
  };
}

function residual(
  px: number,
  py: number,
  i: number,
  radii: Float64Array,
  cosines: Float64Array,
  sines: Float64Array,
): number {
  return px * (cosines[i] as number) - py * (sines[i] as number) - (radii[i] as number);
}

function densityAtRoot(px: number, py: number, from: number, to: number): number {
  const at = (r: number): number => px * Math.cos(RATE * Math.exp(r)) - py * Math.sin(RATE * Math.exp(r)) - r;
  let [low, high] = [from, to];
  let [atLow, atHigh] = [at(low), at(high)];
  // The secant with the Illinois correction: superlinear, and the root stays enclosed.
  for (let k = 0; k < 60 && high - low > 1e-14; k++) {
    const middle = (low * atHigh - high * atLow) / (atHigh - atLow);
    const value = at(middle);
    if (value === 0 || !(middle > low && middle < high)) {
      low = middle;
      break;
    }
    if (value >= 0 === atHigh >= 0) {
      [high, atHigh, atLow] = [middle, value, atLow / 2];
    } else {
      [low, atLow, atHigh] = [middle, value, atHigh / 2];
    }
  }
  const r = low;
  const turn = RATE * Math.exp(r);
  const t = px * Math.sin(turn) + py * Math.cos(turn);
  const z = (r - 1) / RADIAL_SD;
  const w = t / TANGENTIAL_SD;
  return Math.exp(-0.5 * (z * z + w * w)) / (2 * Math.PI * RADIAL_SD * TANGENTIAL_SD * Math.abs(1 + t * turn));
}

const TURN = 3 * Math.PI;
/** Each coordinate of a spiral is shifted by a uniform number from 0 to this. */
const SHIFT = 1 / 6;
const SD = 0.1;
const NEGLIGIBLE = 60;

function at(n: number): [number, number] {
  return [(-Math.cos(n) * n) / 3, (Math.sin(n) * n) / 3];
}

/**
 * Two spirals, each the other turned by 180°: ±((−n cos n + u₁/2, n sin n + u₂/2) / 3), n = 3π √u, noise of sd 0.1.
 */
function twoSpirals(): ToyDataset {
  return defineToyDataset({
    name: "2spirals",
    entropy: 2.6454503,
    bounds: [-3.8, 3.8, -3.8, 3.8],
    draw: (key, count) =>
      drawPoints(key, count, 4, 2, ([u, ux, uy, side], [zx, zy]) => {
        const [x, y] = at(TURN * Math.sqrt(u as number));
        const sign = (side as number) < 0.5 ? 1 : -1;
        return [
          sign * (x + SHIFT * (ux as number)) + SD * (zx as number),
          sign * (y + SHIFT * (uy as number)) + SD * (zy as number),
        ];
      }),
    density: twoSpiralsDensity,
  });
}

/** `½ Σ± ∫ h(±x − c₁(n)) h(±y − c₂(n)) 2n/(3π)² dn`, h being the density of a uniform shift plus normal noise. */
function twoSpiralsDensity(): LogDensity {
  const { nodes, weights } = quadrature(0, TURN, 40);
  const xs = nodes.map((n) => at(n)[0]);
  const ys = nodes.map((n) => at(n)[1]);
  const logWeights = nodes.map((n, i) => Math.log((n / TURN ** 2) * (weights[i] as number)));
  const count = nodes.length;
  const distances = new Float64Array(2 * count);
  return (x, y) => {
    let nearest = Number.POSITIVE_INFINITY;
    for (let i = 0; i < 2 * count; i++) {
      const sign = i < count ? 1 : -1;
      const distance =
        outside(sign * x - (xs[i % count] as number)) ** 2 / 2 + outside(sign * y - (ys[i % count] as number)) ** 2 / 2;
      distances[i] = distance;
      if (distance < nearest) nearest = distance;
    }
    let largest = Number.NEGATIVE_INFINITY;
    let sum = 0;
    for (let i = 0; i < 2 * count; i++) {
      if ((distances[i] as number) > nearest + NEGLIGIBLE) continue;
      const sign = i < count ? 1 : -1;
      const term =
        (logWeights[i % count] as number) +
        logShifted(sign * x - (xs[i % count] as number)) +
        logShifted(sign * y - (ys[i % count] as number));
      if (term > largest) {
        sum = sum * Math.exp(largest - term) + 1;
        largest = term;
      } else {
        sum += Math.exp(term - largest);
      }
    }
    return largest === Number.NEGATIVE_INFINITY ? largest : largest + Math.log(sum);
  };
}

/** Distance of z from [0, SHIFT], in standard deviations of the noise. */
function outside(z: number): number {
  return Math.max(0, -z, z - SHIFT) / SD;
}

function logShifted(z: number): number {
  return logNormalInterval((z - SHIFT) / SD, z / SD) - Math.log(SHIFT);
}

/** Name of a toy set. */
export type ToyDatasetName =
  | "swissroll"
  | "circles"
  | "rings"
  | "moons"
  | "8gaussians"
  | "pinwheel"
  | "2spirals"
  | "checkerboard"
  | "line"
  | "cos";

const makers: Readonly<Record<ToyDatasetName, () => ToyDataset>> = {
  swissroll,
  circles,
  rings,
  moons,
  "8gaussians": eightGaussians,
  pinwheel,
  "2spirals": twoSpirals,
  checkerboard,
  line,
  cos,
};

/**
 * The names that {@link toyDataset} knows.
 *
 * @example
 * for (const name of toyDatasetNames) toyDataset(name).sample(createKey(0), 100);
 */
export const toyDatasetNames: readonly ToyDatasetName[] = Object.keys(makers) as ToyDatasetName[];

/**
 * Returns a toy set by name: the ten sets popularized by FFJORD (Grathwohl et al. 2018, arXiv:1810.01367), with
 * independent draws and the exact density, if it exists.
 *
 * @throws {OptionError} no set has that name.
 * @example
 * const moons = toyDataset("moons");
 * const points = moons.sample(createKey(1), 1000); // → shape [1000, 2]
 * moons.logProb?.(points);
 */
export function toyDataset(name: ToyDatasetName): ToyDataset {
  if (!Object.hasOwn(makers, name)) {
    throw new OptionError(`toyDataset: expected one of ${toyDatasetNames.join(", ")}, got "${name}".`);
  }
  return makers[name]();
}
