import { OptionError } from "@pushforward/core";
import { describeValue } from "@pushforward/core/extend";
import { quoteShort } from "../cells.ts";
import { VARIABLE_KINDS, type VariableKind } from "../variables/variable.ts";

/**
 * A column of any numbers, for `declareTable`.
 *
 * @example
 * declareTable({ temperature: column.real() });
 */
export function real(): ColumnDeclaration<number> {
  return { kind: "real" };
}

/**
 * A column of numbers from 0 on: a smaller one is an error, and none is drawn. Where all are integers, integers are drawn.
 *
 * @example
 * declareTable({ income: column.positive() });
 */
export function positive(): ColumnDeclaration<number> {
  return { kind: "positive" };
}

/**
 * A column of numbers from `low` to `high`, both included: one outside is an error, and none is drawn.
 *
 * @throws {OptionError} the bounds are not finite, or do not rise.
 * @example
 * declareTable({ score: column.interval(0, 100) });
 */
export function interval(low: number, high: number): ColumnDeclaration<number> {
  return { kind: "interval", bounds: checkBounds("interval", low, high) };
}

/**
 * A column of numbers on a circle, such as angles: `circular(360)` is [0, 360), `circular(-180, 180)` is [−180, 180).
 * Numbers outside this range are reduced modulo the period. Later columns read sines and cosines, so the two bounds are
 * neighbors.
 *
 * @throws {OptionError} the period is not positive and finite.
 * @example
 * declareTable({ wind: column.circular(360), longitude: column.circular(-180, 180) });
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
 * declareTable({ age: column.integer() });
 */
export function integer(): ColumnDeclaration<number> {
  return { kind: "integer" };
}

/**
 * A column of categories without an order.
 *
 * @example
 * declareTable({ city: column.category() });
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
 * declareTable({ size: column.ordinal(["S", "M", "L"]) });
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
 * declareTable({ smoker: column.boolean() });
 */
export function boolean(): ColumnDeclaration<boolean> {
  return { kind: "boolean" };
}

/**
 * A column of dates or times. Later columns read the time of day, the day of week and the day of year, if the dates differ in
 * these.
 *
 * @param format in the directives of strftime, or `epoch` or `epoch ms` for seconds or milliseconds since 1970. Default: found.
 * @example
 * declareTable({ when: column.date("%d/%m/%Y") });
 */
export function date(format?: string): ColumnDeclaration<Date> {
  return { kind: "date", ...(format !== undefined && { format }) };
}

/**
 * A column that names its rows: it is kept, not learned.
 *
 * @example
 * declareTable({ patient: column.id() });
 */
export function id(): ColumnDeclaration<string> {
  return { kind: "id" };
}

/**
 * A column of free text: it is kept, not learned.
 *
 * @example
 * declareTable({ remark: column.text() });
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

/** Declaration of a column; `V` is the type of its values in row objects. */
export interface ColumnDeclaration<V = unknown> {
  readonly kind: VariableKind;
  /** date: how dates are written, in the directives of strftime. Default: found from the values. */
  readonly format?: string;
  /** interval, circular: the possible numbers; a circular column has [low, high). */
  readonly bounds?: readonly [low: number, high: number];
  /** ordinal: the values in their order, the lowest first. Default: found, where the values say it. */
  readonly levels?: readonly string[];
  /** Of the type alone: no declaration has it. */
  readonly value?: V;
}

/** Declarations by the name of the column. */
export type ColumnDeclarations = ReadonlyMap<string, ColumnDeclaration>;

const ENTRY = /\s*(?:"((?:[^"]|"")*)"|([^",][^,]*?))\s*:\s*([A-Za-z]+)\s*(?=[(,]|$)/y;
const NEXT = /\s*(?:,|$)/y;

/** How the kinds with an argument are written. */
const FORMS: ReadonlyMap<VariableKind, string> = new Map([
  ["interval", "interval(0,100)"],
  ["circular", "circular(360)"],
  ["ordinal", "ordinal(low<medium<high)"],
]);

/**
 * Column declarations as text:
 *
 *     age:integer,zip:category,when:date(%d/%m/%Y),income:positive,score:interval(0,100),angle:circular(360),size:ordinal(S<M<L)
 *
 * Quote a name with a comma or a quote, as in CSV, and a level with `<`, `)` or a quote.
 *
 * @throws {OptionError} an entry is not `name:kind`, names an unknown kind, a column twice, or an argument that does not fit.
 * @example
 * parseDeclarations('age:integer,"last, first":text').get("last, first")?.kind; // → "text"
 * parseDeclarations("size:ordinal(S<M<L)").get("size")?.levels; // → ["S", "M", "L"]
 */
export function parseDeclarations(text: string): ColumnDeclarations {
  const declarations = new Map<string, ColumnDeclaration>();
  let at = 0;
  while (at < text.length) {
    ENTRY.lastIndex = at;
    const match = ENTRY.exec(text);
    if (match === null) refuseEntry(text.slice(at));
    const [, quoted, plain = "", word = ""] = match;
    const name = quoted?.replaceAll('""', '"') ?? plain;
    const kind = VARIABLE_KINDS.find((candidate) => candidate === word.toLowerCase());
    if (kind === undefined) {
      throw new OptionError(
        `declare: expected one of ${VARIABLE_KINDS.join(", ")} for column "${name}", got ${quoteShort(word)}.`,
      );
    }
    if (declarations.has(name)) throw new OptionError(`declare: column "${name}" is declared twice.`);
    const argument = text[ENTRY.lastIndex] === "(" ? insideParentheses(text, ENTRY.lastIndex, name) : undefined;
    declarations.set(name, declarationOf(name, kind, argument));
    NEXT.lastIndex = ENTRY.lastIndex + (argument === undefined ? 0 : argument.length + 2);
    if (NEXT.exec(text) === null) refuseEntry(text.slice(at));
    at = NEXT.lastIndex;
  }
  return declarations;
}

function refuseEntry(rest: string): never {
  const entry = rest.split(",")[0]?.trim();
  throw new OptionError(
    `declare: expected name:kind, got ${quoteShort(entry ?? "")}. The kinds are ${VARIABLE_KINDS.map((kind) => FORMS.get(kind) ?? kind).join(", ")}.`,
  );
}

/** Returns the text between an opening parenthesis and its closing parenthesis. Parentheses in quotes are skipped. */
function insideParentheses(text: string, open: number, name: string): string {
  let isQuoted = false;
  for (let i = open + 1; i < text.length; i++) {
    if (text[i] === '"') isQuoted = !isQuoted;
    else if (text[i] === ")" && !isQuoted) return text.slice(open + 1, i);
  }
  throw new OptionError(
    `declare: expected a closing parenthesis for column "${name}", got ${quoteShort(text.slice(open))}.`,
  );
}

function declarationOf(name: string, kind: VariableKind, argument: string | undefined): ColumnDeclaration {
  const form = FORMS.get(kind);
  if (kind === "date") return date(argument);
  if (form === undefined) {
    if (argument === undefined) return { kind };
    throw new OptionError(
      `declare: column "${name}" is declared as ${kind}, which has no argument, got (${argument}).`,
    );
  }
  if (kind === "ordinal" && argument === undefined) return ordinal();
  const declaration = kind === "ordinal" ? ordinalOf(argument ?? "") : boundedOf(kind, argument ?? "");
  if (declaration !== undefined) return declaration;
  const got = argument === undefined ? kind : `${kind}(${argument})`;
  throw new OptionError(`declare: expected ${form} for column "${name}", got ${quoteShort(got)}.`);
}

function boundedOf(kind: VariableKind, argument: string): ColumnDeclaration | undefined {
  const parts = argument.split(",").map((part) => (part.trim() === "" ? Number.NaN : Number(part)));
  const [first = Number.NaN, second] = parts;
  if (parts.length > 2 || parts.some((part) => !Number.isFinite(part))) return undefined;
  const [low, high] = second === undefined ? [0, first] : [first, second];
  if (high <= low || (kind === "interval" && second === undefined)) return undefined;
  return kind === "interval" ? interval(low, high) : circular(low, high);
}

const LEVEL = /\s*(?:"((?:[^"]|"")*)"|([^"<]*))\s*(<|$)/y;

function ordinalOf(argument: string): ColumnDeclaration | undefined {
  const levels: string[] = [];
  for (LEVEL.lastIndex = 0; ; ) {
    const match = LEVEL.exec(argument);
    if (match === null) return undefined;
    const [, quoted, plain = "", end] = match;
    levels.push(quoted?.replaceAll('""', '"') ?? plain.trim());
    if (end === "") break;
  }
  const isOrder =
    levels.length >= 2 && new Set(levels).size === levels.length && levels.every((level) => level.trim() !== "");
  return isOrder ? ordinal(levels) : undefined;
}
