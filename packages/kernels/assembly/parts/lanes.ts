// Rows of numbers, one for each of four elements, as vectors of which each holds one number of all four, and back. The
// last block of columns overlaps the one before, so that none is partial.

/** The first two numbers of each, in turn. */
@inline
export function lowPairs(a: v128, b: v128): v128 {
  return v128.shuffle<f32>(a, b, 0, 4, 1, 5);
}

/** The last two numbers of each, in turn. */
@inline
export function highPairs(a: v128, b: v128): v128 {
  return v128.shuffle<f32>(a, b, 2, 6, 3, 7);
}

@inline
export function firstHalves(a: v128, b: v128): v128 {
  return v128.shuffle<f32>(a, b, 0, 1, 4, 5);
}

@inline
export function lastHalves(a: v128, b: v128): v128 {
  return v128.shuffle<f32>(a, b, 2, 3, 6, 7);
}

/** `to[column] = (row 0, row 1, row 2, row 3)[column]`, rows `stride` bytes apart; missing ones repeat the last. */
export function toLanes(from: usize, stride: usize, columns: i32, rows: i32, to: usize): void {
  const a0 = from;
  const a1 = rows > 1 ? a0 + stride : a0;
  const a2 = rows > 2 ? a1 + stride : a1;
  const a3 = rows > 3 ? a2 + stride : a2;
  if (columns < 4) {
    const end = <usize>columns << 2;
    for (let at: usize = 0; at < end; at += 4, to += 16) {
      store<f32>(to, load<f32>(a0 + at));
      store<f32>(to, load<f32>(a1 + at), 4);
      store<f32>(to, load<f32>(a2 + at), 8);
      store<f32>(to, load<f32>(a3 + at), 12);
    }
    return;
  }
  for (let column = 0; column < columns; column += 4) {
    const first = min(column, columns - 4);
    const at = <usize>first << 2;
    const out = to + (<usize>first << 4);
    const r0 = v128.load(a0 + at);
    const r1 = v128.load(a1 + at);
    const r2 = v128.load(a2 + at);
    const r3 = v128.load(a3 + at);
    const t0 = lowPairs(r0, r1);
    const t1 = lowPairs(r2, r3);
    const t2 = highPairs(r0, r1);
    const t3 = highPairs(r2, r3);
    v128.store(out, firstHalves(t0, t1));
    v128.store(out, lastHalves(t0, t1), 16);
    v128.store(out, firstHalves(t2, t3), 32);
    v128.store(out, lastHalves(t2, t3), 48);
  }
}

/** The other way; rows that do not exist are not written. */
export function fromLanes(from: usize, columns: i32, rows: i32, to: usize, stride: usize): void {
  if (columns < 4 || rows < 4) {
    const end = <usize>columns << 2;
    for (let row = 0; row < rows; row++) {
      for (let at: usize = 0; at < end; at += 4) {
        store<f32>(to + <usize>row * stride + at, load<f32>(from + (at << 2) + (<usize>row << 2)));
      }
    }
    return;
  }
  for (let column = 0; column < columns; column += 4) {
    const first = min(column, columns - 4);
    const at = from + (<usize>first << 4);
    const out = to + (<usize>first << 2);
    const r0 = v128.load(at);
    const r1 = v128.load(at, 16);
    const r2 = v128.load(at, 32);
    const r3 = v128.load(at, 48);
    const t0 = lowPairs(r0, r1);
    const t1 = lowPairs(r2, r3);
    const t2 = highPairs(r0, r1);
    const t3 = highPairs(r2, r3);
    v128.store(out, firstHalves(t0, t1));
    v128.store(out + stride, lastHalves(t0, t1));
    v128.store(out + 2 * stride, firstHalves(t2, t3));
    v128.store(out + 3 * stride, lastHalves(t2, t3));
  }
}
