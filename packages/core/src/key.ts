import { OptionError } from "./errors/errors.ts";

/**
 * An immutable, splittable random key: threefry2x32 with 20 rounds (Salmon et al. 2011, "Parallel random numbers: as easy as 1,
 * 2, 3"), the generator of `jax.random`. Keys are explicit arguments, never part of a model. The same key produces the same
 * numbers on every backend, engine and platform, because no transcendental function of the host is used.
 */
export interface Key {
  /**
   * The two words of the generator, which define a key completely. The random words of the key are the blocks at the
   * counters (0, 0), (1, 0), … . For code that must draw the same numbers elsewhere.
   */
  readonly words: readonly [number, number];
  /**
   * Independent child keys, two by default; a tuple for up to 8. Use a key either to draw numbers or to split it, not
   * both.
   */
  split(): readonly [Key, Key];
  split<const N extends number>(count: N): Keys<N>;
  /** A child key that depends on `data`, for instance an epoch number or the name of a layer. */
  fold(data: number | string): Key;
  /** Random 32-bit words, the source of all draws. */
  bits(count: number): Uint32Array;
  /** Uniform draws from [0, 1), multiples of 2⁻²⁴. */
  uniform(count: number): Float32Array;
  /** Standard normal draws, by inversion of 32-bit uniforms: |z| ≤ 6.4. */
  normal(count: number): Float32Array;
  /** The integers 0 … count − 1 in random order. */
  permutation(count: number): Int32Array;
}

/** Children of a key: a tuple for a constant number, so that each element is defined. */
export type Keys<N extends number> = N extends keyof KeyTuples ? KeyTuples[N] : readonly Key[];

interface KeyTuples {
  readonly 1: readonly [Key];
  readonly 2: readonly [Key, Key];
  readonly 3: readonly [Key, Key, Key];
  readonly 4: readonly [Key, Key, Key, Key];
  readonly 5: readonly [Key, Key, Key, Key, Key];
  readonly 6: readonly [Key, Key, Key, Key, Key, Key];
  readonly 7: readonly [Key, Key, Key, Key, Key, Key, Key];
  readonly 8: readonly [Key, Key, Key, Key, Key, Key, Key, Key];
}

/**
 * A key from a seed: a safe integer (0 and negative ones included) or any text.
 *
 * @example
 * const [initKey, dataKey] = createKey(7).split();
 * dataKey.normal(3); // the same three numbers each time
 */
export function createKey(seed: number | string): Key {
  if (typeof seed === "string") return new ThreefryKey(0, 0).fold(seed);
  if (!Number.isSafeInteger(seed)) {
    throw new OptionError(`createKey: expected a safe integer or a string as seed, got ${seed}.`);
  }
  return new ThreefryKey(Math.floor(seed / 2 ** 32) >>> 0, seed >>> 0);
}

/**
 * The key of `words`, for instance in a worker.
 *
 * @example
 * keyFromWords(createKey(3).words).uniform(2); // the same numbers as of createKey(3)
 */
export function keyFromWords([k0, k1]: Key["words"]): Key {
  return new ThreefryKey(k0, k1);
}

/**
 * Refuses options without a key.
 *
 * @throws {OptionError} the options have no key.
 */
export function checkKey(where: string, options: { readonly key: Key }): void {
  if (typeof options?.key?.fold !== "function") {
    throw new OptionError(`${where}: expected options.key, got none. Pass { key: createKey(0) }.`);
  }
}

// The second counter word separates the uses of one key, so that its draws, children and folds never meet.
const DRAW = 0;
const SPLIT = 1;
const FOLD_NUMBER = 2;
const FOLD_TEXT = 3;

class ThreefryKey implements Key {
  readonly words: readonly [number, number];

  constructor(k0: number, k1: number) {
    this.words = [k0, k1];
  }

  split(): readonly [Key, Key];
  split<const N extends number>(count: N): Keys<N>;
  split(count = 2): readonly Key[] {
    checkCount("split", count);
    const words = new Uint32Array(2 * count);
    threefryBlocks(this.words, SPLIT, words);
    return Array.from({ length: count }, (_, i) => new ThreefryKey(words[2 * i] ?? 0, words[2 * i + 1] ?? 0));
  }

  fold(data: number | string): Key {
    if (typeof data === "string") {
      const bytes = new TextEncoder().encode(data);
      let [k0, k1] = threefry2x32(...this.words, bytes.length, FOLD_TEXT);
      for (let i = 0; i < bytes.length; i += 4) {
        const word = wordAt(bytes, i);
        [k0, k1] = threefry2x32(k0, k1, word, FOLD_TEXT);
      }
      return new ThreefryKey(k0, k1);
    }
    if (!Number.isSafeInteger(data)) {
      throw new OptionError(`Key.fold: expected a safe integer or a string, got ${data}.`);
    }
    const [h0, h1] = threefry2x32(...this.words, Math.floor(data / 2 ** 32) >>> 0, FOLD_NUMBER);
    const [k0, k1] = threefry2x32(h0, h1, data >>> 0, FOLD_NUMBER);
    return new ThreefryKey(k0, k1);
  }

  bits(count: number): Uint32Array {
    return this.draw(count, "bits").subarray(0, count);
  }

  uniform(count: number): Float32Array {
    const words = this.draw(count, "uniform");
    const result = new Float32Array(count);
    for (let i = 0; i < count; i++) result[i] = ((words[i] as number) >>> 8) * 2 ** -24;
    return result;
  }

  normal(count: number): Float32Array {
    const words = this.draw(count, "normal");
    const result = new Float32Array(count);
    for (let i = 0; i < count; i++) result[i] = normalFromWord(words[i] as number);
    return result;
  }

  permutation(count: number): Int32Array {
    checkCount("permutation", count);
    const words = this.draw(2 * count, "permutation");
    const result = new Int32Array(count);
    for (let i = 0; i < count; i++) result[i] = i;
    for (let i = count - 1; i > 0; i--) {
      // 53 random bits make the bias of the multiply-and-floor reduction smaller than count / 2⁵³.
      const unit = ((words[2 * i] as number) * 2 ** 21 + ((words[2 * i + 1] as number) >>> 11)) * 2 ** -53;
      const j = Math.floor(unit * (i + 1));
      const swapped = result[i] as number;
      result[i] = result[j] as number;
      result[j] = swapped;
    }
    return result;
  }

  private draw(count: number, what: string): Uint32Array {
    checkCount(what, count);
    const words = new Uint32Array(count + (count & 1));
    threefryBlocks(this.words, DRAW, words);
    return words;
  }
}

function checkCount(what: string, count: number): void {
  if (!Number.isSafeInteger(count) || count < 0) {
    throw new OptionError(`Key.${what}: expected a count of at least 0, got ${count}.`);
  }
}

function wordAt(bytes: Uint8Array, offset: number): number {
  let word = 0;
  for (let b = 0; b < 4; b++) word |= (bytes[offset + b] ?? 0) << (8 * b);
  return word >>> 0;
}

/**
 * One block of threefry2x32 with 20 rounds: the two words of the key (k0, k1) at the counter (c0, c1). The draws of a
 * key are its blocks at the counters (0, 0), (1, 0), …
 */
export function threefry2x32(k0: number, k1: number, c0: number, c1: number): [number, number] {
  const out = new Uint32Array(2);
  block(k0, k1, c0, c1, out, 0);
  return [out[0] as number, out[1] as number];
}

function threefryBlocks([k0, k1]: Key["words"], tag: number, out: Uint32Array): void {
  for (let i = 0; i < out.length; i += 2) block(k0, k1, i >>> 1, tag, out, i);
}

// Written out: a loop over the rotation constants is three times slower.
function block(k0: number, k1: number, c0: number, c1: number, out: Uint32Array, at: number): void {
  const k2 = k0 ^ k1 ^ 0x1bd11bda;
  let x = (c0 + k0) | 0;
  let y = (c1 + k1) | 0;
  x = (x + y) | 0; y = ((y << 13) | (y >>> 19)) ^ x;
  x = (x + y) | 0; y = ((y << 15) | (y >>> 17)) ^ x;
  x = (x + y) | 0; y = ((y << 26) | (y >>> 6)) ^ x;
  x = (x + y) | 0; y = ((y << 6) | (y >>> 26)) ^ x;
  x = (x + k1) | 0; y = (y + k2 + 1) | 0;
  x = (x + y) | 0; y = ((y << 17) | (y >>> 15)) ^ x;
  x = (x + y) | 0; y = ((y << 29) | (y >>> 3)) ^ x;
  x = (x + y) | 0; y = ((y << 16) | (y >>> 16)) ^ x;
  x = (x + y) | 0; y = ((y << 24) | (y >>> 8)) ^ x;
  x = (x + k2) | 0; y = (y + k0 + 2) | 0;
  x = (x + y) | 0; y = ((y << 13) | (y >>> 19)) ^ x;
  x = (x + y) | 0; y = ((y << 15) | (y >>> 17)) ^ x;
  x = (x + y) | 0; y = ((y << 26) | (y >>> 6)) ^ x;
  x = (x + y) | 0; y = ((y << 6) | (y >>> 26)) ^ x;
  x = (x + k0) | 0; y = (y + k1 + 3) | 0;
  x = (x + y) | 0; y = ((y << 17) | (y >>> 15)) ^ x;
  x = (x + y) | 0; y = ((y << 29) | (y >>> 3)) ^ x;
  x = (x + y) | 0; y = ((y << 16) | (y >>> 16)) ^ x;
  x = (x + y) | 0; y = ((y << 24) | (y >>> 8)) ^ x;
  x = (x + k1) | 0; y = (y + k2 + 4) | 0;
  x = (x + y) | 0; y = ((y << 13) | (y >>> 19)) ^ x;
  x = (x + y) | 0; y = ((y << 15) | (y >>> 17)) ^ x;
  x = (x + y) | 0; y = ((y << 26) | (y >>> 6)) ^ x;
  x = (x + y) | 0; y = ((y << 6) | (y >>> 26)) ^ x;
  out[at] = x + k2;
  out[at + 1] = y + k0 + 5;
}

function normalFromWord(word: number): number {
  return normalQuantile((word + 0.5) * 2 ** -32);
}

/**
 * Quantile of the standard normal distribution, Φ⁻¹(p), relative error about 1e-16: algorithm AS 241 (Wichura 1988).
 * Uses only arithmetic and `Math.sqrt`, which IEEE 754 fixes to the last bit, so it is the same everywhere.
 */
export function normalQuantile(p: number): number {
  const q = p - 0.5;
  if (q <= 0.425 && q >= -0.425) {
    const r = 0.180625 - q * q;
    return (q * (((((((2.5090809287301226727e3 * r + 3.3430575583588128105e4) * r + 6.7265770927008700853e4) * r
      + 4.5921953931549871457e4) * r + 1.3731693765509461125e4) * r + 1.9715909503065514427e3) * r
      + 1.3314166789178437745e2) * r + 3.387132872796366608))
      / (((((((5.226495278852854561e3 * r + 2.8729085735721942674e4) * r + 3.930789580009271061e4) * r
      + 2.1213794301586595867e4) * r + 5.3941960214247511077e3) * r + 6.871870074920579083e2) * r
      + 4.2313330701600911252e1) * r + 1);
  }
  const tail = q < 0 ? p : 1 - p;
  if (!(tail > 0)) return tail === 0 ? (q < 0 ? Number.NEGATIVE_INFINITY : Number.POSITIVE_INFINITY) : Number.NaN;
  let r = Math.sqrt(-portableLog(tail));
  let z: number;
  if (r <= 5) {
    r -= 1.6;
    z = (((((((7.7454501427834140764e-4 * r + 2.27238449892691845833e-2) * r + 2.4178072517745061177e-1) * r
      + 1.27045825245236838258) * r + 3.64784832476320460504) * r + 5.7694972214606914055) * r
      + 4.6303378461565452959) * r + 1.42343711074968357734)
      / (((((((1.05075007164441684324e-9 * r + 5.475938084995344946e-4) * r + 1.51986665636164571966e-2) * r
      + 1.4810397642748007459e-1) * r + 6.8976733498510000455e-1) * r + 1.6763848301838038494) * r
      + 2.05319162663775882187) * r + 1);
  } else {
    r -= 5;
    z = (((((((2.01033439929228813265e-7 * r + 2.71155556874348757815e-5) * r + 1.2426609473880784386e-3) * r
      + 2.6532189526576123093e-2) * r + 2.9656057182850489123e-1) * r + 1.7848265399172913358) * r
      + 5.4637849111641143699) * r + 6.6579046435011037772)
      / (((((((2.04426310338993978564e-15 * r + 1.4215117583164458887e-7) * r + 1.8463183175100546818e-5) * r
      + 7.868691311456132591e-4) * r + 1.48753612908506148525e-2) * r + 1.3692988092273580531e-1) * r
      + 5.9983220655588793769e-1) * r + 1);
  }
  return q < 0 ? -z : z;
}

const scratch = new Float64Array(1);
const scratchWords = new Uint32Array(scratch.buffer);

// `Math.log` may differ between engines in the last bit. log x = e ln 2 + 2 artanh(s), s = (m − 1)/(m + 1).
function portableLog(x: number): number {
  scratch[0] = x;
  let exponent = ((scratchWords[1] as number) >>> 20) - 1023;
  if (exponent === -1023) return portableLog(x * 2 ** 54) - 54 * Math.LN2;
  scratchWords[1] = ((scratchWords[1] as number) & 0xfffff) | 0x3ff00000;
  let mantissa = scratch[0] as number;
  if (mantissa > Math.SQRT2) {
    mantissa *= 0.5;
    exponent += 1;
  }
  const s = (mantissa - 1) / (mantissa + 1);
  const t = s * s;
  let series = 1 / 23;
  for (let k = 21; k >= 1; k -= 2) series = series * t + 1 / k;
  return exponent * Math.LN2 + 2 * s * series;
}
