// Rows of numbers, one for each of four elements, as vectors of which each holds one number of all four, and back. The
// last block of columns overlaps the one before, so that none is partial.

/** `to[column] = (row 0, row 1, row 2, row 3)[column]`; rows that do not exist repeat the last. */
export function toLanes(from: usize, size: i32, rows: i32, to: usize): void {
  const stride = <usize>size << 2;
  const a0 = from;
  const a1 = rows > 1 ? a0 + stride : a0;
  const a2 = rows > 2 ? a1 + stride : a1;
  const a3 = rows > 3 ? a2 + stride : a2;
  if (size < 4) {
    for (let at: usize = 0; at < stride; at += 4, to += 16) {
      store<f32>(to, load<f32>(a0 + at));
      store<f32>(to, load<f32>(a1 + at), 4);
      store<f32>(to, load<f32>(a2 + at), 8);
      store<f32>(to, load<f32>(a3 + at), 12);
    }
    return;
  }
  for (let column = 0; column < size; column += 4) {
    const first = min(column, size - 4);
    const at = <usize>first << 2;
    const out = to + (<usize>first << 4);
    const r0 = v128.load(a0 + at);
    const r1 = v128.load(a1 + at);
    const r2 = v128.load(a2 + at);
    const r3 = v128.load(a3 + at);
    const t0 = v128.shuffle<f32>(r0, r1, 0, 4, 1, 5);
    const t1 = v128.shuffle<f32>(r2, r3, 0, 4, 1, 5);
    const t2 = v128.shuffle<f32>(r0, r1, 2, 6, 3, 7);
    const t3 = v128.shuffle<f32>(r2, r3, 2, 6, 3, 7);
    v128.store(out, v128.shuffle<f32>(t0, t1, 0, 1, 4, 5));
    v128.store(out, v128.shuffle<f32>(t0, t1, 2, 3, 6, 7), 16);
    v128.store(out, v128.shuffle<f32>(t2, t3, 0, 1, 4, 5), 32);
    v128.store(out, v128.shuffle<f32>(t2, t3, 2, 3, 6, 7), 48);
  }
}

/** The other way; rows that do not exist are not written. */
export function fromLanes(from: usize, size: i32, rows: i32, to: usize): void {
  const stride = <usize>size << 2;
  if (size < 4 || rows < 4) {
    for (let row = 0; row < rows; row++) {
      for (let at: usize = 0; at < stride; at += 4) {
        store<f32>(to + <usize>row * stride + at, load<f32>(from + (at << 2) + (<usize>row << 2)));
      }
    }
    return;
  }
  for (let column = 0; column < size; column += 4) {
    const first = min(column, size - 4);
    const at = from + (<usize>first << 4);
    const out = to + (<usize>first << 2);
    const r0 = v128.load(at);
    const r1 = v128.load(at, 16);
    const r2 = v128.load(at, 32);
    const r3 = v128.load(at, 48);
    const t0 = v128.shuffle<f32>(r0, r1, 0, 4, 1, 5);
    const t1 = v128.shuffle<f32>(r2, r3, 0, 4, 1, 5);
    const t2 = v128.shuffle<f32>(r0, r1, 2, 6, 3, 7);
    const t3 = v128.shuffle<f32>(r2, r3, 2, 6, 3, 7);
    v128.store(out, v128.shuffle<f32>(t0, t1, 0, 1, 4, 5));
    v128.store(out + stride, v128.shuffle<f32>(t0, t1, 2, 3, 6, 7));
    v128.store(out + 2 * stride, v128.shuffle<f32>(t2, t3, 0, 1, 4, 5));
    v128.store(out + 3 * stride, v128.shuffle<f32>(t2, t3, 2, 3, 6, 7));
  }
}
