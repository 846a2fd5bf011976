import type { RowSimulator } from "@pushforward/inference";

/** Three measurements of a mean. */
export const noisyMean: RowSimulator = ([mean = 0], key) => Float64Array.from(key.normal(3), (z) => mean + z);
