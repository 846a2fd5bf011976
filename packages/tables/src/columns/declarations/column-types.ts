import { describeValue, OptionError } from "@pushforward/core";
import type { ColumnDeclaration } from "./column-declaration.ts";

/**
 * A column of any numbers, for `table`.
 *
 * @example
 * table({ temperature: real() });
 */
export function real(): ColumnDeclaration<number> {
  return { kind: "real" };
}

/**
 * A column of numbers from 0 on: a smaller one is an error, and none is drawn. Where all are integers, integers are drawn.
 *
 * @example
 * table({ income: positive() });
 */
export function positive(): ColumnDeclaration<number> {
  return { kind: "positive" };
}

/**
 * A column of numbers from `low` to `high`, both included: one outside is an error, and none is drawn.
 *
 * @throws {OptionError} the bounds are not finite, or do not rise.
 * @example
 * table({ score: interval(0, 100) });
 */
export function interval(low: number, high: number): ColumnDeclaration<number> {
  return { kind: "interval", bounds: checkBounds("interval", low, high) };
}

/**
 * A column of numbers on a circle, such as angles: `circular(360)` has those in [0, 360), `circular(-180, 180)` those in
 * [−180, 180). Others are read modulo the period, and columns behind it read sines and cosines, for which both ends are
 * neighbors.
 *
 * @throws {OptionError} the period is not positive and finite.
 * @example
 * table({ wind: circular(360), longitude: circular(-180, 180) });
 */
export function circular(period: number): ColumnDeclaration<number>;
export function circular(low: number, high: number): ColumnDeclaration<number>;
export function circular(first: number, second?: number): ColumnDeclaration<number> {
  const [low, high] = second === undefined ? [0, first] : [first, second];
  return { kind: "circular", bounds: checkBounds("circular", low, high) };
}

/**
 * A column of integers.
 *
 * @example
 * table({ age: integer() });
 */
export function integer(): ColumnDeclaration<number> {
  return { kind: "integer" };
}

/**
 * A column of categories without an order.
 *
 * @example
 * table({ city: category() });
 */
export function category(): ColumnDeclaration<string> {
  return { kind: "category" };
}

/**
 * A column of categories with an order, the lowest first: columns behind it read their rank. Any other value is an error.
 *
 * @param levels all values that can occur. Default: found, where the values say their order, as `low`, `medium`, `high` do.
 * @throws {OptionError} there are fewer than two levels, or two are the same.
 * @example
 * table({ size: ordinal(["S", "M", "L"]) });
 */
export function ordinal<const L extends string>(levels?: readonly L[]): ColumnDeclaration<L> {
  if (levels === undefined) return { kind: "ordinal" };
  if (levels.length < 2 || new Set(levels).size < levels.length || levels.some((level) => level.trim() === "")) {
    throw new OptionError(`ordinal: expected at least two different levels, got [${levels.join(", ")}].`);
  }
  return { kind: "ordinal", levels: [...levels] };
}

/**
 * A column of two words that say false and true.
 *
 * @example
 * table({ smoker: boolean() });
 */
export function boolean(): ColumnDeclaration<boolean> {
  return { kind: "boolean" };
}

/**
 * A column of dates or times. Columns behind it read the time of day, the day of the week and the day of the year, as far as
 * the dates differ in them.
 *
 * @param format in the directives of strftime, or `epoch` or `epoch ms` for seconds or milliseconds since 1970. Default: found.
 * @example
 * table({ when: date("%d/%m/%Y") });
 */
export function date(format?: string): ColumnDeclaration<Date> {
  return { kind: "date", ...(format !== undefined && { format }) };
}

/**
 * A column that names its rows: it is kept, not learned.
 *
 * @example
 * table({ patient: id() });
 */
export function id(): ColumnDeclaration<string> {
  return { kind: "id" };
}

/**
 * A column of free text: it is kept, not learned.
 *
 * @example
 * table({ remark: text() });
 */
export function text(): ColumnDeclaration<string> {
  return { kind: "text" };
}

function checkBounds(where: string, low: number, high: number): readonly [number, number] {
  if (Number.isFinite(low) && Number.isFinite(high) && high > low && Number.isFinite(high - low)) return [low, high];
  if (where === "circular" && low === 0) {
    throw new OptionError(`circular: expected a finite period above 0, got ${describeValue(high)}.`);
  }
  throw new OptionError(`${where}: expected finite bounds that rise, got ${low} and ${high}.`);
}
