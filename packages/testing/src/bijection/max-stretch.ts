/** Round trips are asked for where neither direction stretches by more than this; float32 can promise no more. */
export const MAX_STRETCH = 1e3;
