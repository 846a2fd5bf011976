/** The smallest normal float32, which stands for 0 where a density is infinite there. */
const SMALLEST = 2 ** -126;
/** The largest float32. */
const LARGEST = 3.4028234663852886e38;

/** The first and the last number between the ends of a support, for float32. */
export function insideOf([low, high]: readonly [number, number]): readonly [low: number, high: number] {
  return [
    low === Number.NEGATIVE_INFINITY ? -LARGEST : nextInside(low),
    high === Number.POSITIVE_INFINITY ? LARGEST : nextInside(high),
  ];
}

function nextInside(end: number): number {
  return end === 0 ? SMALLEST : end * (1 - 2 ** -24);
}
