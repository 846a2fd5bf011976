import { DataError, OptionError } from "@pushforward/core";
import { describeValue } from "@pushforward/core/extend";
import { suggestedName } from "@pushforward/core/plain";
import type { Column } from "@pushforward/datasets";
import { listNames } from "@pushforward/datasets/extend";
import {
  CategoryCoding,
  type CellCoding,
  canOccur,
  NumberCoding,
  type NumberSupport,
  type OpenRange,
} from "@pushforward/tables/extend";
import { type CellProposal, pinnedRange, pinnedSet } from "./pinned-cells.ts";
import type { JointDensity } from "./proposals.ts";

/**
 * A range of numbers: at least `min` or above `above`, at most `max` or below `below`. An omitted field sets no bound.
 */
export interface NumberRange {
  readonly min?: number | undefined;
  readonly above?: number | undefined;
  readonly max?: number | undefined;
  readonly below?: number | undefined;
}

/** Some values of a column. */
export interface ValueSet {
  readonly in: readonly (number | string | null)[];
}

/** Condition on a column: its value, null for a missing cell, a range of numbers, or a set of values. */
export type Condition = number | string | null | NumberRange | ValueSet;

/** Conditions on the columns of a row, by column name. */
export type Conditions = Readonly<Record<string, Condition>>;

/** Conditions as a row with known cells, and tests for the remaining columns. */
export interface ResolvedConditions {
  /** Columns with a known cell, and the cell; undefined for a missing cell. */
  readonly fixed: ReadonlyMap<string, number | string | undefined>;
  /** Columns with a cell that has to pass a test. */
  readonly tests: ReadonlyMap<string, (cell: number | string | undefined) => boolean>;
  /** Draws of cells that pass the test, for columns where they are known. */
  readonly pins: ReadonlyMap<string, CellProposal>;
}

/** How conditions are resolved. */
export interface ResolveOptions {
  /** Begins the errors. Default: `given`. */
  readonly where?: string;
  /** `true` if conditions that no number meets are allowed. Default: false. */
  readonly mayBeImpossible?: boolean;
}

/**
 * Distance from the range of drawn numbers, in widths of the range, beyond which a value is impossible. A nearer value
 * has a density, and causes a warning.
 */
const FAR_WIDTHS = 1000;

/**
 * Sorts conditions by the way they are applied, and refuses conditions that no row of the model meets. It makes no slow
 * draws.
 *
 * @throws {DataError} an unknown column, a value of a different kind than the column, or a value that it cannot have.
 * @throws {OptionError} a range without numbers that the column can have, an empty set, or numbers outside of the range
 * that the model draws.
 */
export function resolveConditions(
  conditions: Conditions,
  density: JointDensity,
  { where = "given", mayBeImpossible = false }: ResolveOptions = {},
): ResolvedConditions {
  const kinds = new Map(density.columns.map((column) => [column.name, column.kind]));
  const fixed = new Map<string, number | string | undefined>();
  const tests = new Map<string, (cell: number | string | undefined) => boolean>();
  const pins = new Map<string, CellProposal>();
  for (const [name, condition] of Object.entries(conditions)) {
    const kind = kinds.get(name);
    if (kind === undefined) {
      throw new DataError(
        `${where}: expected one of the columns ${listNames([...kinds.keys()])}, got "${name}".${suggestedName(name, kinds.keys())}`,
        {
          column: name,
        },
      );
    }
    const asked = { where, name, kind, coding: density.codingOf(name) };
    if (condition === null || typeof condition !== "object") fixed.set(name, checkedValue(condition, asked));
    else {
      const isSet = "in" in condition;
      tests.set(name, asPrinted(name, isSet ? setTest(condition, asked) : rangeTest(condition, asked), density));
      const pin = isSet
        ? pinnedSet(name, [...new Set(condition.in.map((value) => value ?? undefined))], density)
        : pinnedRange(name, openRange(condition), density);
      if (pin !== undefined) pins.set(name, pin);
    }
  }
  for (const [name, condition] of Object.entries(conditions)) {
    if (mayBeImpossible || kinds.get(name) !== "number") continue;
    const support = density.support(name);
    const coding = density.codingOf?.(name);
    if (support === undefined || isPossible(condition, tests.get(name), support, coding)) continue;
    const { low, high } = support;
    const { step = 0 } = coding instanceof NumberCoding ? coding.options : {};
    const steps = step === 0 ? "" : ` in steps of ${written(step)}`;
    throw new OptionError(
      `${where}: expected a condition that column "${name}" can meet, ${low <= high ? `with numbers from ${written(low)} to ${written(high)}${steps}` : "which has no numbers"}, got ${conditionWords(condition)}.`,
    );
  }
  return { fixed, tests, pins };
}

/** A test of cells as they are printed: a drawn number may have more digits. */
function asPrinted(
  name: string,
  test: (cell: number | string | undefined) => boolean,
  { printed }: JointDensity,
): (cell: number | string | undefined) => boolean {
  if (printed === undefined) return test;
  return (cell) => test(typeof cell === "number" ? printed.round(name, cell) : cell);
}

/** A condition in words, without the notation of any surface. */
function conditionWords(condition: Condition): string {
  if (condition === null || typeof condition !== "object") return JSON.stringify(condition);
  if ("in" in condition) return `one of ${condition.in.map((value) => JSON.stringify(value)).join(", ")}`;
  const { min, above, max, below } = condition;
  const parts = Object.entries({ "at least": min, above, "at most": max, below });
  return parts.flatMap(([word, bound]) => (bound === undefined ? [] : [`${word} ${bound}`])).join(" and ");
}

interface AskedColumn {
  readonly where: string;
  readonly name: string;
  readonly kind: Column["kind"];
  readonly coding: CellCoding | undefined;
}

/** `true` if a number of a column can meet a condition, judged by the bounds of its numbers. */
function isPossible(
  condition: Condition,
  test: ((cell: number | undefined) => boolean) | undefined,
  { low, high, values }: NumberSupport,
  coding: CellCoding | undefined,
): boolean {
  if (condition === null || typeof condition === "string") return true;
  if (typeof condition === "number") {
    const margin = FAR_WIDTHS * (high - low || Math.max(1, Math.abs(low)));
    return condition >= low - margin && condition <= high + margin;
  }
  if ("in" in condition && condition.in.some((value) => value === null)) return true;
  if (values !== undefined && test !== undefined) return values.some((value) => test(value));
  if ("in" in condition) return condition.in.some((value) => Number(value) >= low && Number(value) <= high);
  const asked = openRange(condition);
  const within = {
    ...{ low: Math.max(asked.low, low), isLowOpen: asked.isLowOpen && asked.low >= low },
    ...{ high: Math.min(asked.high, high), isHighOpen: asked.isHighOpen && asked.high <= high },
  };
  return holdsNumbers(within) && (!(coding instanceof NumberCoding) || coding.canOccurIn(within));
}

function openRange({ min, above, max, below }: NumberRange): OpenRange {
  const [low, lowOpen] = [min ?? Number.NEGATIVE_INFINITY, above ?? Number.NEGATIVE_INFINITY];
  const [high, highOpen] = [max ?? Number.POSITIVE_INFINITY, below ?? Number.POSITIVE_INFINITY];
  return {
    ...{ low: Math.max(low, lowOpen), isLowOpen: above !== undefined && lowOpen >= low },
    ...{ high: Math.min(high, highOpen), isHighOpen: below !== undefined && highOpen <= high },
  };
}

function holdsNumbers({ low, high, isLowOpen, isHighOpen }: OpenRange): boolean {
  return low < high || (low === high && !isLowOpen && !isHighOpen);
}

function written(value: number): string {
  return String(Number(value.toPrecision(6)));
}

function checkedValue(
  value: number | string | null,
  { where, name, kind, coding }: AskedColumn,
): number | string | undefined {
  const wrong = (expected: string, got: string, remedy = ""): DataError =>
    new DataError(`${where}: expected ${expected}, got ${got}.${remedy}`, { column: name });
  if (value === null) {
    if (coding === undefined || canOccur(coding, undefined)) return undefined;
    throw wrong(`a value of column "${name}", which has no missing cell in the training rows`, "a missing one");
  }
  if (typeof value !== (kind === "number" ? "number" : "string")) {
    throw wrong(`${kind === "number" ? "a number" : "a text"} or null for column "${name}"`, JSON.stringify(value));
  }
  if (typeof value === "number" && !Number.isFinite(value)) {
    throw wrong(`a finite number or null for column "${name}"`, String(value));
  }
  if (coding === undefined || canOccur(coding, value)) return value;
  if (typeof value === "string") {
    const categories = coding instanceof CategoryCoding ? coding.categories : [];
    const closest = suggestedName(value, categories);
    const known = closest === "" && categories.length > 0 ? ` Known are ${listNames(categories)}.` : closest;
    throw wrong(`a category of column "${name}"`, `${JSON.stringify(value)}, which no training row had`, known);
  }
  const nearest = coding instanceof NumberCoding ? ` (the nearest is ${coding.nearest(value)})` : "";
  throw wrong(`a number that column "${name}" can have${nearest}`, String(value));
}

function setTest({ in: values }: ValueSet, asked: AskedColumn) {
  if (values.length === 0) {
    throw new OptionError(`${asked.where}: expected values for column "${asked.name}", got an empty set.`);
  }
  const allowed = new Set(values.map((value) => checkedValue(value, asked)));
  return (cell: number | string | undefined): boolean => allowed.has(cell);
}

function rangeTest(range: NumberRange, { where, name, kind }: AskedColumn) {
  const { min = Number.NEGATIVE_INFINITY, max = Number.POSITIVE_INFINITY } = range;
  const { above = Number.NEGATIVE_INFINITY, below = Number.POSITIVE_INFINITY } = range;
  if (kind !== "number") {
    throw new DataError(`${where}: expected a text, null or a set for column "${name}", got a range.`, {
      column: name,
    });
  }
  const given = [range.min, range.max, range.above, range.below].filter((bound) => bound !== undefined);
  const infinite = given.find((bound) => !Number.isFinite(bound));
  if (infinite !== undefined) {
    throw new OptionError(
      `${where}: expected finite bounds of column "${name}", got ${describeValue(infinite)}. Leave out unused bounds.`,
    );
  }
  if (given.length === 0 || !holdsNumbers(openRange(range))) {
    throw new OptionError(`${where}: expected a non-empty range of column "${name}", got ${conditionWords(range)}.`);
  }
  return (cell: number | string | undefined): boolean =>
    typeof cell === "number" &&
    cell >= min &&
    cell <= max &&
    (cell > above || range.above === undefined) &&
    (cell < below || range.below === undefined);
}
