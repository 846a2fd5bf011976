import type { Key } from "@pushforward/core";
import { gammaProposal } from "@pushforward/core/plain";

/** Numbers that are drawn from a key at once. */
const BLOCK = 512;

/** One uniform or normal number after the other, all from one key: for samplers that do not know how many they need. */
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

  /** Uniform in (0, 1), neither end included: an odd multiple of 2⁻⁵³. */
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
