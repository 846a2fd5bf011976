/** The square, or interval, that the laws integrate most densities over. */
export const square = { low: -8, high: 8 };
