import { logNormalInterval } from "@pushforward/core/plain";
import { quadrature } from "./quadrature.ts";
import { defineToyDataset, drawPoints, type LogDensity, type ToyDataset } from "./toy-dataset.ts";

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
export function twoSpirals(): ToyDataset {
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

/** How far z lies outside [0, SHIFT], in standard deviations of the noise. */
function outside(z: number): number {
  return Math.max(0, -z, z - SHIFT) / SD;
}

function logShifted(z: number): number {
  return logNormalInterval((z - SHIFT) / SD, z / SD) - Math.log(SHIFT);
}
