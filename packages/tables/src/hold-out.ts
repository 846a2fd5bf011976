import { describeValue, type Key, OptionError } from "@pushforward/core";

/** How many rows are held out. */
export interface HoldOutOptions {
  /** The fraction of the rows that is held out. Default: 0.1. */
  readonly fraction?: number | undefined;
  /** Minimum number of rows that are held out, where there are twice as many. Default: 10. */
  readonly least?: number | undefined;
}

/** The number of rows to hold out of some: the fraction, but not fewer than `least` and not more than half of them. */
export function holdOutCount(rows: number, { fraction = 0.1, least = 10 }: HoldOutOptions = {}): number {
  if (!(fraction > 0 && fraction <= 0.5)) {
    throw new OptionError(
      `holdOut: expected a fraction of validation rows above 0 and at most 0.5, got ${describeValue(fraction)}. Name validation rows of their own for more.`,
    );
  }
  return Math.min(Math.floor(rows / 2), Math.max(least, Math.round(fraction * rows)));
}

/** Row indices by their purpose. */
export interface HeldOut {
  readonly train: Int32Array;
  readonly validation: Int32Array;
}

/** Holds rows out at random. The key decides which. */
export function holdOut(rows: ArrayLike<number>, key: Key, options: HoldOutOptions = {}): HeldOut {
  const order = key.permutation(rows.length).map((i) => rows[i] as number);
  const held = holdOutCount(rows.length, options);
  return { validation: order.slice(0, held), train: order.slice(held) };
}
