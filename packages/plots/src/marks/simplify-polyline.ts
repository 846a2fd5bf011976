/**
 * Removes points of a polyline that lie within `tolerance` of the line through their neighbors (Ramer 1972, Douglas
 * and Peucker 1973). A ring comes without its first point repeated and stays so; one that collapses becomes empty.
 */
export function simplify(points: ArrayLike<number>, tolerance: number, closed: boolean): number[] {
  const count = points.length / 2;
  if (count < 3) return Array.from(points);
  const x = (i: number): number => points[2 * (i % count)] as number;
  const y = (i: number): number => points[2 * (i % count) + 1] as number;
  const keep = new Uint8Array(count + 1);
  const stack: number[] = [];
  if (closed) {
    // Anchor a ring at its first point and at the one farthest from it.
    let far = 0;
    let best = -1;
    for (let i = 1; i < count; i++) {
      const distance = (x(i) - x(0)) ** 2 + (y(i) - y(0)) ** 2;
      if (distance > best) [far, best] = [i, distance];
    }
    if (best <= tolerance * tolerance) return [];
    keep[0] = 1;
    keep[far] = 1;
    stack.push(0, far, far, count);
  } else {
    keep[0] = 1;
    keep[count - 1] = 1;
    stack.push(0, count - 1);
  }
  while (stack.length > 0) {
    const end = stack.pop() as number;
    const start = stack.pop() as number;
    const dx = x(end) - x(start);
    const dy = y(end) - y(start);
    const length2 = dx * dx + dy * dy;
    let worst = -1;
    let worstDistance = tolerance * tolerance;
    for (let i = start + 1; i < end; i++) {
      const px = x(i) - x(start);
      const py = y(i) - y(start);
      const along = length2 === 0 ? 0 : Math.min(1, Math.max(0, (px * dx + py * dy) / length2));
      const distance = (px - along * dx) ** 2 + (py - along * dy) ** 2;
      if (distance > worstDistance) [worst, worstDistance] = [i, distance];
    }
    if (worst >= 0) {
      keep[worst] = 1;
      stack.push(start, worst, worst, end);
    }
  }
  const kept: number[] = [];
  for (let i = 0; i < count; i++) if (keep[i] === 1) kept.push(x(i), y(i));
  return kept;
}
