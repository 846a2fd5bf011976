/** What the laws integrate densities of one feature over. */
export const line = { low: -14, high: 14, points: 1401 };

/** And those of two. */
export const plane = { low: -8, high: 8, points: 161 };
