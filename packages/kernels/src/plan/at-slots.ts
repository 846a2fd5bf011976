import type { AtSlots } from "@pushforward/core/plain";

/** Something for each place in a plan, which has as many as the operation of the step has slots. */
export function atSlots<Slots extends readonly unknown[], T>(
  places: readonly number[],
  at: (place: number, slot: number) => T,
): AtSlots<Slots, T> {
  const found: readonly T[] = places.map(at);
  return found as AtSlots<Slots, T>;
}
