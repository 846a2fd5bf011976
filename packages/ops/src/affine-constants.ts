/** Name of the affine kernel. */
export const AFFINE_KERNEL = "PushforwardAffine";

/** Largest log-scale, approached softly. */
export const LOG_SCALE_LIMIT = 5;
