/** log Γ(a) for a > 0, by Stirling's series after shifting the argument above 10. */
export function logGamma(a: number): number {
  let shift = 0;
  let z = a;
  for (; z < 10; z++) shift -= Math.log(z);
  const i = 1 / (z * z);
  const series = (1 / 12 - i * (1 / 360 - i * (1 / 1260 - i * (1 / 1680 - i / 1188)))) / z;
  return shift + (z - 0.5) * Math.log(z) - z + 0.5 * Math.log(2 * Math.PI) + series;
}
