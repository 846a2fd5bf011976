import { logGamma } from "@pushforward/ops";
import type { RandomStream } from "./random-stream.ts";

/** From here on a rejection costs less than the search. */
const LARGE = 10;

/** A draw of the Poisson distribution: by sequential search below a rate of 10, else by rejection. */
export function drawPoisson(random: RandomStream, rate: number): number {
  return rate < LARGE ? search(random, rate) : reject(random, rate);
}

function search(random: RandomStream, rate: number): number {
  let rest = random.uniform();
  let mass = Math.exp(-rate);
  let k = 0;
  for (; rest > mass && mass > 0; k++) {
    rest -= mass;
    mass *= rate / (k + 1);
  }
  return k;
}

/** The transformed rejection with squeeze, PTRS, of Hörmann (1993, https://doi.org/10.1016/0167-6687(93)90997-4). */
function reject(random: RandomStream, rate: number): number {
  const logRate = Math.log(rate);
  const b = 0.931 + 2.53 * Math.sqrt(rate);
  const a = -0.059 + 0.02483 * b;
  const inverseAlpha = 1.1239 + 1.1328 / (b - 3.4);
  const squeeze = 0.9277 - 3.6224 / (b - 2);
  for (;;) {
    const u = random.uniform() - 0.5;
    const v = random.uniform();
    const distance = 0.5 - Math.abs(u);
    const k = Math.floor(((2 * a) / distance + b) * u + rate + 0.43);
    if (distance >= 0.07 && v <= squeeze) return k;
    if (k < 0 || (distance < 0.013 && v > distance)) continue;
    const logProposal = Math.log((v * inverseAlpha) / (a / (distance * distance) + b));
    if (logProposal <= k * logRate - rate - logGamma(k + 1)) return k;
  }
}
