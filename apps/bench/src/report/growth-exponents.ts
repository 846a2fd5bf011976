/** One size of a model and the time that it takes. */
export interface GrowthPoint {
  readonly value: number;
  readonly work: number;
  readonly milliseconds: number;
}

/** From each point to the next, the power of the work with which the time grows; none for the first. */
export function exponents(points: readonly GrowthPoint[]): (number | undefined)[] {
  return points.map((point, i) => {
    const before = points[i - 1];
    if (before === undefined) return undefined;
    return Math.log(point.milliseconds / before.milliseconds) / Math.log(point.work / before.work);
  });
}
