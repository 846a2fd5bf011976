/** `x/(1 + |x|/limit)`: x near 0, and never beyond ±limit. */
export function scalarSoftClip(x: number, limit: number): number {
  return x * (limit / (limit + Math.abs(x)));
}

/** Its derivative. */
export function softClipSlope(x: number, limit: number): number {
  const part = limit / (limit + Math.abs(x));
  return part * part;
}
