/** From here on a continued fraction converges faster than the series. */
const FAR = 3;

/**
 * P(Z > z) of a standard normal, to a relative error of 1e-13: `½ − φ(z)(z + z³/3 + z⁵/15 + …)` near 0, and the continued
 * fraction `φ(z)/(z + 1/(z + 2/(z + …)))` far from it (Abramowitz and Stegun 1964, 26.2.11 and 26.2.14).
 */
export function normalTail(z: number): number {
  const x = Math.abs(z);
  const density = Math.exp(-(x * x) / 2) / Math.sqrt(2 * Math.PI);
  const beyond = x < FAR ? 0.5 - density * series(x) : density === 0 ? 0 : density / fraction(x);
  return z > 0 ? beyond : 1 - beyond;
}

/** `Σ xⁿ/(1·3·5 … n)` over odd n. */
function series(x: number): number {
  const square = x * x;
  let term = x;
  let sum = x;
  for (let n = 3; term > 1e-17 * sum; n += 2) {
    term *= square / n;
    sum += term;
  }
  return sum;
}

function fraction(x: number): number {
  let value = x;
  for (let n = Math.ceil(8 + 180 / x); n > 0; n--) value = x + n / value;
  return value;
}
