// The log-density of rows of independent standard normals.

const HALF_LOG_TWO_PI: f64 = 0.9189385332046727;

/** `−½ Σ x² − (size/2)·log 2π` of each row, summed in float64. */
export function normalLogProb(x: usize, out: usize, rows: i32, size: i32): void {
  const constant = <f64>size * HALF_LOG_TWO_PI;
  for (let row = 0; row < rows; row++, out += 4) {
    let sum: f64 = 0;
    for (const end = x + (<usize>size << 2); x < end; x += 4) {
      const value = <f64>load<f32>(x);
      sum += value * value;
    }
    store<f32>(out, <f32>(-0.5 * sum - constant));
  }
}

/** `dx = −x·d` with the d of its row. */
export function normalLogProbGradient(x: usize, d: usize, dx: usize, rows: i32, size: i32): void {
  for (let row = 0; row < rows; row++, d += 4) {
    const factor = -load<f32>(d);
    for (const end = x + (<usize>size << 2); x < end; x += 4, dx += 4) store<f32>(dx, load<f32>(x) * factor);
  }
}
