export function momentsOf(values: ArrayLike<number>): { mean: number; variance: number; fourth: number } {
  const n = values.length;
  let sum = 0;
  for (let i = 0; i < n; i++) sum += values[i] as number;
  const mean = sum / n;
  let second = 0;
  let fourth = 0;
  for (let i = 0; i < n; i++) {
    const square = ((values[i] as number) - mean) ** 2;
    second += square;
    fourth += square * square;
  }
  return { mean, variance: second / n, fourth: fourth / n };
}
