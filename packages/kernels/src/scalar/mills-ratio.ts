/** Of the polynomial through the Chebyshev nodes, as in assembly/parts/double-maths.ts. */
const COEFFICIENTS = [
  1.3576330169337914e-6, -2.0056405249142538e-7, -1.3073325239452437e-5, 1.227069131876735e-7, 8.667671075631916e-5,
  -3.566591500202125e-6, -0.0005786246041507278, 0.00033372243025378383, 0.004087694679921842, -0.00872216930391778,
  -0.018900430966189548, 0.15139174706488887, -0.46754096394013994, 0.9704095555816841, -1.523770910812634,
  1.8932190633029249,
];

/** `(1 − Φ(x))/φ(x)` of a standard normal for x ≥ 0, to a relative error of 1e-11. */
export function scalarMillsRatio(x: number): number {
  const per = 1 / (x + 4);
  const v = 1 - 8 * per;
  return COEFFICIENTS.reduce((sum, coefficient) => sum * v + coefficient) * per;
}
