/** Codes of the table of a column whose values have an order: a value is there, or it is missing. */
export const PRESENT = 0;
export const MISSING = 1;
