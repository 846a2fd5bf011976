const MOST_STEPS = 200;

/**
 * The root of a rising function in a bracket, in float64: Newton's method, and the middle of the bracket where it would leave it.
 *
 * @param value of the function and of its slope.
 */
export function bracketedRoot(
  value: (x: number) => readonly [value: number, slope: number],
  from: number,
  to: number,
): number {
  let [low, high] = [from, to];
  let x = (low + high) / 2;
  for (let step = 0; step < MOST_STEPS && high > low; step++) {
    const [rest, slope] = value(x);
    if (rest === 0) return x;
    if (rest > 0) high = x;
    else low = x;
    const newton = x - rest / slope;
    const next = newton > low && newton < high ? newton : (low + high) / 2;
    if (next === x) return x;
    x = next;
  }
  return x;
}
