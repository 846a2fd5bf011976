import type { Stage, Trajectory } from "./integrate.ts";

/** What flows back at one stage: to its points `[m·d]`, from their velocities and divergences. */
export type StageGradient = (stage: Stage, ofVelocity: Float32Array, ofDivergence: Float32Array) => ArrayLike<number>;

/**
 * The gradient by the start of a trajectory from that by its end: of the steps as they were taken, which is exact for them, with
 * the stages alone in memory.
 *
 * @param ofX `[n·d]`.
 * @param ofLogDet `[n]`.
 * @param stage called for each stage, the last one first; gradients of what else the rates depend on are its own to add up.
 * @see Zhuang et al. 2020, Adaptive checkpoint adjoint method for gradient estimation in neural ODE, arXiv:2006.02493
 */
export function integrateBackward(
  { steps, method: { a, b } }: Trajectory,
  ofX: Float64Array,
  ofLogDet: Float64Array,
  stage: StageGradient,
): Float64Array {
  const gradient = Float64Array.from(ofX);
  const width = ofLogDet.length === 0 ? 0 : ofX.length / ofLogDet.length;
  for (let at = steps.length - 1; at >= 0; at--) {
    const { rows, h, stages } = steps[at] as Trajectory["steps"][number];
    if (rows.length === 0) continue;
    const ofStages: ArrayLike<number>[] = [];
    for (let i = b.length - 1; i >= 0; i--) {
      const ofVelocity = new Float32Array(rows.length * width);
      for (const [m, row] of rows.entries()) {
        for (let k = 0; k < width; k++) {
          let sum = (b[i] as number) * (gradient[row * width + k] as number);
          for (let j = i + 1; j < b.length; j++) {
            sum += (a[j]?.[i] ?? 0) * (ofStages[j]?.[m * width + k] as number);
          }
          ofVelocity[m * width + k] = (h[m] as number) * sum;
        }
      }
      const ofDivergence = Float32Array.from(
        rows,
        (row, m) => (h[m] as number) * (b[i] as number) * (ofLogDet[row] as number),
      );
      ofStages[i] = stage(stages[i] as Stage, ofVelocity, ofDivergence);
    }
    for (const ofStage of ofStages) {
      for (const [m, row] of rows.entries()) {
        for (let k = 0; k < width; k++) {
          gradient[row * width + k] = (gradient[row * width + k] as number) + (ofStage[m * width + k] as number);
        }
      }
    }
  }
  return gradient;
}
