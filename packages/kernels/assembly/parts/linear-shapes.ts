/** Columns up to which a chunk of rows fits into the nearest cache as it is. */
export const FEW_COLUMNS = 128;

/**
 * Maximum number of rows of the left operand without packing. The right operand is then read too seldom for packing to
 * pay, whatever its size.
 */
export const FEW_ROWS = 8;

/** Maximum number of inputs with a weight gradient that is computed together with the bias gradient. */
export const THIN = 2;

/** Columns that remain for a panel of their own shape. */
export const NARROW = 4;
