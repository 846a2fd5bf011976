/** Domain over which the laws integrate densities of one feature. */
export const line = { low: -14, high: 14, points: 1401 };

/** Domain for densities of two features. */
export const plane = { low: -8, high: 8, points: 161 };
