/** An interval of numbers. */
export type Range = readonly [low: number, high: number];
