/** The range of a column, checked; undefined takes all values. */
export function checkedLimits(
  where: string,
  column: number,
  limits: readonly [number, number] | undefined,
): readonly [number, number] | undefined {
  if (limits !== undefined && !(limits[0] < limits[1] && Number.isFinite(limits[1] - limits[0]))) {
    throw new RangeError(`${where}: expected limits[${column}] as finite low < high, got [${limits.join(", ")}].`);
  }
  return limits;
}
