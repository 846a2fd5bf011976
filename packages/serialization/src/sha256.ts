// First 32 bits of the fractional parts of the cube roots of the first 64 primes (FIPS 180-4, §4.2.2).
const K: Uint32Array = /* @__PURE__ */ roundConstants();

/** Part of `node:crypto`. */
interface NodeCrypto {
  createHash(name: "sha256"): { update(part: Uint8Array): void; digest(form: "hex"): string };
}

/** `node:crypto`, without an import that a bundler for web pages would follow. Undefined in other engines. */
function nodeCrypto(): NodeCrypto | undefined {
  const { process } = globalThis as { readonly process?: { getBuiltinModule?(name: string): unknown } };
  return process?.getBuiltinModule?.("crypto") as NodeCrypto | undefined;
}

/**
 * SHA-256 of the concatenation of some byte arrays, as 64 lower-case hexadecimal digits (FIPS 180-4).
 *
 * It is synchronous, unlike `crypto.subtle`, and runs in every engine.
 */
export function sha256(parts: Iterable<Uint8Array>): string {
  const crypto = nodeCrypto();
  if (crypto === undefined) return portableSha256(parts);
  const hash = crypto.createHash("sha256");
  for (const part of parts) hash.update(part);
  return hash.digest("hex");
}

/** The same in every engine, and slower. */
export function portableSha256(parts: Iterable<Uint8Array>): string {
  const state = Uint32Array.of(
    0x6a09e667,
    0xbb67ae85,
    0x3c6ef372,
    0xa54ff53a,
    0x510e527f,
    0x9b05688c,
    0x1f83d9ab,
    0x5be0cd19,
  );
  const words = new Uint32Array(64);
  const tail = new Uint8Array(128);
  let filled = 0;
  let length = 0;
  for (const part of parts) {
    length += part.length;
    let start = 0;
    if (filled > 0) {
      start = Math.min(64 - filled, part.length);
      tail.set(part.subarray(0, start), filled);
      filled += start;
      if (filled < 64) continue;
      compress(state, words, tail, 0);
    }
    for (; start + 64 <= part.length; start += 64) compress(state, words, part, start);
    filled = part.length - start;
    tail.set(part.subarray(start), 0);
  }
  tail.fill(0, filled);
  tail[filled] = 0x80;
  const padded = filled < 56 ? 64 : 128;
  const view = new DataView(tail.buffer);
  view.setUint32(padded - 8, Math.floor(length / 0x2000_0000));
  view.setUint32(padded - 4, (length << 3) >>> 0);
  for (let start = 0; start < padded; start += 64) compress(state, words, tail, start);
  return Array.from(state, (word) => word.toString(16).padStart(8, "0")).join("");
}

function compress(state: Uint32Array, w: Uint32Array, block: Uint8Array, start: number): void {
  for (let i = 0, j = start; i < 16; i++, j += 4) {
    w[i] = (at(block, j) << 24) | (at(block, j + 1) << 16) | (at(block, j + 2) << 8) | at(block, j + 3);
  }
  for (let i = 16; i < 64; i++) {
    const x = at(w, i - 15);
    const y = at(w, i - 2);
    const s0 = rotate(x, 7) ^ rotate(x, 18) ^ (x >>> 3);
    const s1 = rotate(y, 17) ^ rotate(y, 19) ^ (y >>> 10);
    w[i] = at(w, i - 16) + s0 + at(w, i - 7) + s1;
  }
  let a = at(state, 0) | 0;
  let b = at(state, 1) | 0;
  let c = at(state, 2) | 0;
  let d = at(state, 3) | 0;
  let e = at(state, 4) | 0;
  let f = at(state, 5) | 0;
  let g = at(state, 6) | 0;
  let h = at(state, 7) | 0;
  for (let i = 0; i < 64; i++) {
    const s1 = rotate(e, 6) ^ rotate(e, 11) ^ rotate(e, 25);
    const t1 = (h + s1 + ((e & f) ^ (~e & g)) + at(K, i) + at(w, i)) | 0;
    const s0 = rotate(a, 2) ^ rotate(a, 13) ^ rotate(a, 22);
    const t2 = (s0 + ((a & b) ^ (a & c) ^ (b & c))) | 0;
    h = g;
    g = f;
    f = e;
    e = (d + t1) | 0;
    d = c;
    c = b;
    b = a;
    a = (t1 + t2) | 0;
  }
  state[0] = at(state, 0) + a;
  state[1] = at(state, 1) + b;
  state[2] = at(state, 2) + c;
  state[3] = at(state, 3) + d;
  state[4] = at(state, 4) + e;
  state[5] = at(state, 5) + f;
  state[6] = at(state, 6) + g;
  state[7] = at(state, 7) + h;
}

function rotate(x: number, bits: number): number {
  return (x >>> bits) | (x << (32 - bits));
}

// The index is always within the array; the cast tells the compiler.
function at(array: Uint8Array | Uint32Array, index: number): number {
  return array[index] as number;
}

function roundConstants(): Uint32Array {
  const constants = new Uint32Array(64);
  let count = 0;
  for (let n = 2n; count < 64; n++) {
    let prime = true;
    for (let d = 2n; d * d <= n; d++) if (n % d === 0n) prime = false;
    // floor(cbrt(n) · 2³²) exactly, in integers, because Math.cbrt may differ between engines.
    if (prime) constants[count++] = Number(cubeRoot(n << 96n) & 0xffff_ffffn);
  }
  return constants;
}

function cubeRoot(n: bigint): bigint {
  let low = 0n;
  let high = 1n << 36n;
  while (high - low > 1n) {
    const middle = (low + high) / 2n;
    if (middle ** 3n <= n) low = middle;
    else high = middle;
  }
  return low;
}
