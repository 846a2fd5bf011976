// The bytes of float32 numbers by their places in a number: the exponents side by side are compressed to a third.

/** First the bytes before `start`, then all first bytes of the numbers, all second ones, and so on. */
export function toPlanes(bytes: Uint8Array, start: number): Uint8Array<ArrayBuffer> {
  return rearranged(bytes, start, (result, from, to) => {
    result[to] = bytes[from] as number;
  });
}

/** The inverse of {@link toPlanes}. */
export function fromPlanes(planes: Uint8Array, start: number): Uint8Array<ArrayBuffer> {
  return rearranged(planes, start, (result, from, to) => {
    result[from] = planes[to] as number;
  });
}

/** Calls `move` with the place of each byte of a number in a row of numbers and among the planes. */
function rearranged(
  bytes: Uint8Array,
  start: number,
  move: (result: Uint8Array, place: number, inPlanes: number) => void,
): Uint8Array<ArrayBuffer> {
  const result = new Uint8Array(bytes);
  const count = Math.floor((bytes.length - start) / 4);
  for (let i = 0; i < count; i++) {
    for (let k = 0; k < 4; k++) move(result, start + 4 * i + k, start + k * count + i);
  }
  return result;
}
