/** The shortest decimal that float32 rounds to a value: a float32 of 0.1 means 0.1, as in a text file. */
export function shortestDecimal(value: number): number {
  for (let digits = 6; digits < 9; digits++) {
    const decimal = Number(value.toPrecision(digits));
    if (Math.fround(decimal) === value) return decimal;
  }
  return Number(value.toPrecision(9));
}
