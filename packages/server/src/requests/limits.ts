/** The largest seed. */
export const MOST_SEED: number = Number.MAX_SAFE_INTEGER;

/** Most draws for each row that is filled, as on the command line. */
export const MOST_DRAWS = 100_000;

/** Most filled tables, as on the command line. */
export const MOST_TABLES = 1000;
