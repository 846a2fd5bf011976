import { type ColumnCodes, toNumbers } from "../cells.ts";
import { markerNotes, summarizeNumbers } from "../numbers/numeric-variable.ts";
import type { FoundColumn } from "../variables/variable.ts";
import { compileDateFormat, type DateFormat } from "./date-format.ts";

const DATES = [
  ...["%Y-%m-%d", "%Y/%m/%d", "%Y.%m.%d", "%d.%m.%Y", "%d/%m/%Y", "%m/%d/%Y", "%d-%m-%Y", "%m-%d-%Y"],
  ...["%d.%m.%y", "%d/%m/%y", "%m/%d/%y", "%d %b %Y", "%d %B %Y", "%d-%b-%Y", "%d-%b-%y", "%d%b%Y", "%b %d, %Y"],
  ...["%B %d, %Y", "%Y-%m", "%Y/%m", "%b %Y", "%B %Y"],
  ...["%Y Q%q", "%YQ%q", "%Y-Q%q", "%G W%V", "%GW%V", "%G-W%V"],
];
const CLOCKS = ["%H:%M", "%H:%M:%S", "%H:%M:%S.%L", "%H:%M:%S.%f", "%I:%M %p", "%I:%M:%S %p", "%I:%M:%S%p", "%I:%M%p"];
const COMPACT_DATE = "%Y%m%d";

const NAMES_A_DATE = /date|datum|fecha|day|dt$/i;
const TIME = /[T ]\s?\d{1,2}:\d{2}.*$/;
const ZONE = /(?:Z|[+-]\d{2}:?\d{2})$/;
/** Number of texts tried for a format; the rest may be markers of missing values. */
const TRIED = 8;
/** Maximum number of texts checked for zeros before single digits. */
const STYLED = 1000;

/** The texts of a column as dates. */
export interface FoundDates {
  readonly format: string;
  readonly compiled: DateFormat;
  /** Seconds since 1970 for each text; NaN for invalid dates. */
  readonly values: Float64Array;
  /** The indices of texts that are no dates. */
  readonly others: readonly number[];
  /** Second format that fits as well and yields different dates. */
  readonly ambiguousWith: string | undefined;
}

/**
 * Finds the date format of several distinct texts. Returns undefined if the first texts are not dates.
 *
 * @param name of the column. Digits without separators (`20201231`) count as dates only if the name suggests dates.
 */
export function findDateFormat(texts: readonly string[], name: string): FoundDates | undefined {
  const trimmed = texts.map((text) => text.trim());
  const formats = new Set<string>();
  for (const text of trimmed.slice(0, TRIED)) for (const format of candidates(text, name)) formats.add(format);
  const found = [...formats].flatMap((format) => readAll(trimmed, format) ?? []);
  const least = Math.min(...found.map(({ others }) => others.length));
  const [best, ...rest] = found.filter(({ others }) => others.length === least);
  if (best === undefined || isSeason(best, trimmed)) return undefined;
  const other = rest.find(({ format, values }) => {
    return format.replace(ZONE, "") !== best.format.replace(ZONE, "") && contradicts(values, best.values);
  });
  const mixed = least === 0 ? undefined : readAll(trimmed, best.format.replace(ZONE, "%z"));
  const chosen = mixed !== undefined && mixed.others.length < least ? mixed : best;
  const format = withoutZeros(chosen.format, chosen.values, trimmed);
  return { ...chosen, format, compiled: compileDateFormat(format) ?? chosen.compiled, ambiguousWith: other?.format };
}

/** The texts as dates of a given format; undefined when it is no format. */
export function readDates(texts: readonly string[], format: string): FoundDates | undefined {
  return readAll(
    texts.map((text) => text.trim()),
    format,
  );
}

function readAll(texts: readonly string[], format: string): FoundDates | undefined {
  const compiled = compileDateFormat(format);
  if (compiled === undefined) return undefined;
  const values = Float64Array.from(texts, (text) => compiled.read(text));
  const others: number[] = [];
  for (let i = 0; i < values.length; i++) if (Number.isNaN(values[i])) others.push(i);
  return { format, compiled, values, others, ambiguousWith: undefined };
}

/** The formats that fit one text. */
function candidates(text: string, name: string): string[] {
  if (!/\d/.test(text) || text.length > 40) return [];
  const clock = TIME.exec(text)?.[0];
  const dates = NAMES_A_DATE.test(name) ? [...DATES, COMPACT_DATE] : DATES;
  const zone = ZONE.exec(clock ?? "")?.[0] ?? "";
  const separator = clock === undefined ? "" : (/^[T ]/.exec(clock)?.[0] ?? "");
  const formats =
    clock === undefined
      ? [...dates, ...CLOCKS]
      : dates.flatMap((date) => CLOCKS.map((time) => `${date}${separator}${time}${zone}`));
  return formats.filter((format) => {
    // Versions of programs (1.10.2) look like short dates.
    if (format.startsWith("%d.%m.%y") && !/^\d\d\.\d\d\.\d\d(?:\D|$)/.test(text)) return false;
    return !Number.isNaN(compiledFormat(format)?.read(text) ?? Number.NaN);
  });
}

const compiledFormats = new Map<string, DateFormat | undefined>();

/** Compiled once for each format that is tried: there are a few hundred. */
function compiledFormat(format: string): DateFormat | undefined {
  if (!compiledFormats.has(format) && compiledFormats.size < 4096) {
    compiledFormats.set(format, compileDateFormat(format));
  }
  return compiledFormats.get(format) ?? compileDateFormat(format);
}

/** True if `1998-99`, `1999-00`, … are consecutive years, not months. */
function isSeason({ format, values }: FoundDates, texts: readonly string[]): boolean {
  if (!/^%Y[-/]%m$/.test(format)) return false;
  return texts.every((text, i) => {
    if (Number.isNaN(values[i])) return true;
    return (Number(text.slice(0, 4)) + 1) % 100 === Number(text.slice(5));
  });
}

/** Returns the format without leading zeros in months, days and hours, if the texts are written that way. */
function withoutZeros(format: string, values: Float64Array, texts: readonly string[]): string {
  const short = format.replace(/%([mdHI])/g, "%-$1");
  const shortDay = format.replace(/%([md])/g, "%-$1");
  const shortHour = format.replace(/%([HI])/g, "%-$1");
  const writes = (candidate: string): boolean => {
    const compiled = compileDateFormat(candidate);
    return texts
      .slice(0, STYLED)
      .every((text, i) => Number.isNaN(values[i]) || compiled?.write(values[i] as number) === text);
  };
  return [format, short, shortDay, shortHour].find(writes) ?? format;
}

/** True if two readings assign different dates to the same text. */
function contradicts(a: Float64Array, b: Float64Array): boolean {
  return a.some((value, i) => !Number.isNaN(value) && !Number.isNaN(b[i]) && value !== b[i]);
}

/** Spacings that clocks are read at, in seconds. */
const CLOCK_STEPS: readonly number[] = [3600, 1800, 900, 600, 300, 60, 30, 10, 5, 1];
/** Fewer different times than these may be full hours by chance. */
const LEAST_DISTINCT = 8;

/** Column of dates. All texts that are not dates mark missing values. */
export function dateVariable(coded: ColumnCodes, { values, format, compiled }: FoundDates): FoundColumn {
  const { name } = coded;
  const summary = summarizeNumbers(coded, values);
  const { unit } = compiled;
  const multiples = CLOCK_STEPS.filter((step) => step > unit && unit >= 1 && summary.distinct >= LEAST_DISTINCT);
  const step = unit === 86_400 ? unit : (multiples.find((candidate) => isMultiple(values, candidate)) ?? unit);
  return {
    variable: { name, kind: "date", step, format, ...summary },
    column: toNumbers(coded, values),
    notes: markerNotes(coded, values),
  };
}

function isMultiple(values: Float64Array, step: number): boolean {
  return values.every((value) => Number.isNaN(value) || value % step === 0);
}
