/** What is random in a run of a plan, which the caller writes before it; see `planKeys`. */
export interface PlanDraws {
  /** One number: which row of the batch the first row of the run is. It is a multiple of 8. */
  readonly firstRow: Int32Array;
  /** {@link KEY_SIZE} numbers for each key: 1, or 0 where there is none and nothing is random, and its two words. */
  readonly keys: Int32Array;
}

/** Numbers of a key among {@link PlanDraws}. */
export const KEY_SIZE = 3;
