/** Columns up to which a chunk of rows fits into the nearest cache as it is. */
export const FEW_COLUMNS = 128;

/** Up to as many rows of the left operand, the right one is read too seldom for packing to pay, of whatever size it is. */
export const FEW_ROWS = 8;

/** Inputs whose weight gradient is computed together with that of the bias. */
export const THIN = 2;

/** Columns that remain for a panel of their own shape. */
export const NARROW = 4;
