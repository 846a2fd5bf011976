import type { Key } from "@pushforward/core";
import { gammaProposal } from "@pushforward/core/plain";
import { logGamma } from "@pushforward/ops";

/** From here on a rejection costs less than the search. */
const LARGE_RATE = 10;
/** Numbers that are drawn from a key at once. */
const BLOCK = 512;

/**
 * A stream of uniform or normal numbers from one key, for samplers that do not know in advance how long a stream they
 * need.
 */
export class RandomStream {
  private readonly key: Key;
  private bits: Uint32Array = new Uint32Array();
  private normals: Float32Array = new Float32Array();
  private bitAt = 0;
  private normalAt = 0;
  private blocks = 0;

  constructor(key: Key) {
    this.key = key;
  }

  /** Uniform in (0, 1), both bounds excluded: an odd multiple of 2⁻⁵³. */
  uniform(): number {
    if (this.bitAt === this.bits.length) {
      this.bits = this.nextKey().bits(BLOCK);
      this.bitAt = 0;
    }
    const high = this.bits[this.bitAt++] as number;
    const low = this.bits[this.bitAt++] as number;
    return (high * 2 ** 20 + (low >>> 12) + 0.5) * 2 ** -52;
  }

  /** Standard normal. */
  normal(): number {
    if (this.normalAt === this.normals.length) {
      this.normals = this.nextKey().normal(BLOCK);
      this.normalAt = 0;
    }
    return this.normals[this.normalAt++] as number;
  }

  private nextKey(): Key {
    return this.key.fold(this.blocks++);
  }
}

/**
 * The logarithm of a draw of the Gamma distribution with rate 1, which a small concentration would let underflow.
 */
export function drawLogGamma(random: RandomStream, concentration: number): number {
  // Below 1 a Gamma is one of concentration + 1 times a power of a uniform number.
  if (concentration < 1) {
    return drawLogGamma(random, concentration + 1) + Math.log(random.uniform()) / concentration;
  }
  for (;;) {
    const z = random.normal();
    const draw = gammaProposal(concentration, z, Math.log(random.uniform()));
    if (draw !== undefined) return Math.log(draw);
  }
}

/** A draw of the Poisson distribution: by sequential search below a rate of 10, else by rejection. */
export function drawPoisson(random: RandomStream, rate: number): number {
  return rate < LARGE_RATE ? searchedPoisson(random, rate) : rejectedPoisson(random, rate);
}

function searchedPoisson(random: RandomStream, rate: number): number {
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
function rejectedPoisson(random: RandomStream, rate: number): number {
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
