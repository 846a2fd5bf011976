import { escapePattern } from "../numbers/number-format.ts";

const DAYS_OF_ERA = 146_097;
/** Days from 1 March of the year 0 to 1 January 1970. */
const EPOCH = 719_468;

/** A day of the Gregorian calendar, which is continued to the years before it. */
export interface CivilDate {
  readonly year: number;
  /** From 1 to 12. */
  readonly month: number;
  /** From 1 to 31. */
  readonly day: number;
}

/** Days since 1 January 1970 (Hinnant, "chrono-compatible low-level date algorithms"); NaN for a day that does not exist. */
export function daysOf({ year, month, day }: CivilDate): number {
  if (month < 1 || month > 12 || day < 1 || day > daysOfMonth(year, month)) return Number.NaN;
  const y = month <= 2 ? year - 1 : year;
  const era = Math.floor(y / 400);
  const yearOfEra = y - era * 400;
  const dayOfYear = Math.floor((153 * (month + (month > 2 ? -3 : 9)) + 2) / 5) + day - 1;
  const dayOfEra = yearOfEra * 365 + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100) + dayOfYear;
  return era * DAYS_OF_ERA + dayOfEra - EPOCH;
}

/** The date of a number of days since 1 January 1970. */
export function dateOf(days: number): CivilDate {
  const z = days + EPOCH;
  const era = Math.floor(z / DAYS_OF_ERA);
  const dayOfEra = z - era * DAYS_OF_ERA;
  const yearOfEra = Math.floor(
    (dayOfEra - Math.floor(dayOfEra / 1460) + Math.floor(dayOfEra / 36_524) - Math.floor(dayOfEra / 146_096)) / 365,
  );
  const dayOfYear = dayOfEra - (365 * yearOfEra + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100));
  const monthFromMarch = Math.floor((5 * dayOfYear + 2) / 153);
  const month = monthFromMarch < 10 ? monthFromMarch + 3 : monthFromMarch - 9;
  return {
    year: yearOfEra + era * 400 + (month <= 2 ? 1 : 0),
    month,
    day: dayOfYear - Math.floor((153 * monthFromMarch + 2) / 5) + 1,
  };
}

const MONTH_DAYS = [31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];

function daysOfMonth(year: number, month: number): number {
  const isLeap = year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0);
  return month === 2 && isLeap ? 29 : (MONTH_DAYS[month - 1] as number);
}

/** Days since 1 January 1970 of the Monday of a week (ISO 8601: the first week has 4 January); NaN for one that is none. */
export function mondayOf(year: number, week: number): number {
  const monday = mondayBefore(daysOf({ year, month: 1, day: 4 })) + 7 * (week - 1);
  return week >= 1 && isoWeekOf(dateOf(monday)).year === year ? monday : Number.NaN;
}

/** The week in which a date lies, and the year of that week, by ISO 8601. */
export function isoWeekOf(date: CivilDate): { readonly year: number; readonly week: number } {
  const monday = mondayBefore(daysOf(date));
  // The year of a week is that of its Thursday.
  const { year } = dateOf(monday + 3);
  return { year, week: 1 + (monday - mondayBefore(daysOf({ year, month: 1, day: 4 }))) / 7 };
}

/** The last Monday up to a day; 1 January 1970 was a Thursday. */
function mondayBefore(days: number): number {
  const weekday = (((days + 3) % 7) + 7) % 7;
  return days - weekday;
}

const DAY = 86_400;
const MONTHS = [
  ...["January", "February", "March", "April", "May", "June", "July", "August", "September", "October"],
  ...["November", "December"],
];
const SHORT_MONTHS = MONTHS.map((month) => month.slice(0, 3));

/** Reads and writes the dates of a format. */
export interface DateFormat {
  /** Seconds since 1970 UTC, of the day 1 January 1970 for a time without a date; NaN for a text that does not fit. */
  readonly read: (text: string) => number;
  readonly write: (seconds: number) => string;
  /** Resolution of the format in seconds: 86400 for dates without a time. */
  readonly unit: number;
  /** True if the format has no date. */
  readonly isTimeOfDay: boolean;
}

/** The parts of a date, as they are read. */
interface DateParts {
  year: number;
  month: number;
  day: number;
  /** Of the year, by ISO 8601; undefined for dates that are not written by weeks. */
  week: number | undefined;
  hour: number;
  minute: number;
  second: number;
  isAfternoon: boolean | undefined;
  /** Seconds east of Greenwich. */
  offset: number;
  /** Seconds since 1970, if the format writes this number directly. */
  total: number | undefined;
}

interface Directive {
  /** Matching pattern; `%-d`, `%-m`, … and directives before a non-digit also match a single digit. */
  readonly pattern: string;
  readonly lenient?: string;
  readonly unit: number;
  read(parts: DateParts, text: string): void;
  write(parts: DateParts): string;
}

function digits(name: "year" | "month" | "day" | "hour" | "minute" | "second", width: number, unit: number): Directive {
  return {
    pattern: `\\d{${width}}`,
    lenient: width === 2 ? "\\d{1,2}" : `\\d{${width}}`,
    unit,
    read: (parts, text) => {
      parts[name] = Number(text);
    },
    write: (parts) => String(Math.floor(parts[name])).padStart(width, "0"),
  };
}

function monthName(names: readonly string[]): Directive {
  return {
    pattern: names.join("|"),
    unit: DAY,
    read: (parts, text) => {
      parts.month = names.findIndex((name) => name.toLowerCase() === text.toLowerCase()) + 1;
    },
    write: ({ month }) => names[month - 1] as string,
  };
}

function fraction(width: number, longest: number): Directive {
  return {
    pattern: `\\d{${width === longest ? width : 1},${longest}}`,
    unit: 10 ** -width,
    read: (parts, text) => {
      parts.second += Number(Number(`0.${text}`).toFixed(width));
    },
    write: ({ second }) => (second - Math.floor(second)).toFixed(width).slice(2),
  };
}

function epoch(perSecond: number): Directive {
  return {
    pattern: "-?\\d{1,15}",
    unit: 1 / perSecond,
    read: (parts, text) => {
      parts.total = Number(text) / perSecond;
    },
    write: ({ total = 0 }) => String(Math.round(total * perSecond)),
  };
}

/**
 * The directives of strftime that dates are read and written by; `%L` are milliseconds, `%Q` such since 1970 and `%q`
 * quarters, as in d3.
 */
const DIRECTIVES: ReadonlyMap<string, Directive> = new Map<string, Directive>([
  ["Y", digits("year", 4, DAY)],
  ["m", digits("month", 2, DAY)],
  ["d", digits("day", 2, DAY)],
  ["H", digits("hour", 2, 3600)],
  ["M", digits("minute", 2, 60)],
  ["S", digits("second", 2, 1)],
  ["b", monthName(SHORT_MONTHS)],
  ["B", monthName(MONTHS)],
  [
    "q",
    {
      pattern: "[1-4]",
      unit: DAY,
      read: (parts, text) => {
        parts.month = 3 * Number(text) - 2;
      },
      write: ({ month }) => String(Math.ceil(month / 3)),
    },
  ],
  ["G", { ...digits("year", 4, DAY), write: (parts) => String(isoWeekOf(parts).year).padStart(4, "0") }],
  [
    "V",
    {
      pattern: "\\d{2}",
      unit: DAY,
      read: (parts, text) => {
        parts.week = Number(text);
      },
      write: (parts) => String(isoWeekOf(parts).week).padStart(2, "0"),
    },
  ],
  ["L", fraction(3, 3)],
  ["f", fraction(6, 9)],
  ["s", epoch(1)],
  ["Q", epoch(1000)],
  [
    "y",
    {
      // 69 to 99 are of the 20th century, as in POSIX.
      ...digits("year", 2, DAY),
      read: (parts, text) => {
        parts.year = Number(text) + (Number(text) < 69 ? 2000 : 1900);
      },
      write: ({ year }) => String(year % 100).padStart(2, "0"),
    },
  ],
  [
    "I",
    {
      ...digits("hour", 2, 3600),
      read: (parts, text) => {
        parts.hour = Number(text) >= 1 && Number(text) <= 12 ? Number(text) % 12 : Number.NaN;
      },
      write: ({ hour }) => String(hour % 12 || 12).padStart(2, "0"),
    },
  ],
  [
    "p",
    {
      pattern: "[AaPp]\\.?[Mm]\\.?",
      unit: DAY,
      read: (parts, text) => {
        parts.isAfternoon = /^p/i.test(text);
      },
      write: ({ hour }) => (hour < 12 ? "AM" : "PM"),
    },
  ],
  [
    "z",
    {
      pattern: "Z|[+-]\\d{2}:?\\d{2}",
      unit: DAY,
      read: (parts, text) => {
        parts.offset = offsetOf(text);
      },
      write: () => "Z",
    },
  ],
]);

const OFFSET_AT_END = /(?:Z|[+-]\d{2}:?\d{2})$/;
const TOKEN = /%(-?)([A-Za-z%])|[^%]+|%/g;

interface Token {
  readonly literal?: string;
  readonly directive?: Directive;
  /** Without a zero before a single digit. */
  readonly isShort: boolean;
}

/**
 * Compiles a date format to its reader and writer. Returns undefined for a format without directives or with an unknown
 * directive.
 */
export function compileDateFormat(format: string): DateFormat | undefined {
  const offsetText = /%[HIMSLf]/.test(format) ? OFFSET_AT_END.exec(format)?.[0] : undefined;
  const offset = offsetText === undefined ? 0 : offsetOf(offsetText);
  const tokens = tokensOf(format);
  const used = tokens?.flatMap(({ directive }) => (directive === undefined ? [] : [directive])) ?? [];
  if (tokens === undefined || used.length === 0) return undefined;
  const pattern = new RegExp(`^${tokens.map(patternOf).join("")}$`, "i");
  const unit = used.reduce((least, directive) => Math.min(least, directive.unit), DAY);
  return {
    unit,
    isTimeOfDay: used.every((directive) => directive.unit < DAY || directive === DIRECTIVES.get("p")) && !isEpoch(used),
    read: (text) => {
      const match = pattern.exec(text.trim());
      if (match === null) return Number.NaN;
      const parts = newParts(offset);
      used.forEach((directive, i) => {
        directive.read(parts, match[i + 1] as string);
      });
      return secondsOf(parts);
    },
    write: (seconds) => {
      const parts = partsOf(roundTo(seconds, unit), offset);
      return tokens
        .map(({ literal, directive, isShort }) => {
          const text = literal ?? directive?.write(parts) ?? "";
          return isShort ? text.replace(/^0(?=\d)/, "") : text;
        })
        .join("");
    },
  };
}

function isEpoch(used: readonly Directive[]): boolean {
  return used.some((directive) => directive === DIRECTIVES.get("s") || directive === DIRECTIVES.get("Q"));
}

function tokensOf(format: string): Token[] | undefined {
  const tokens: Token[] = [];
  for (const [text, flag, letter] of format.matchAll(TOKEN)) {
    if (letter === undefined) {
      if (text === "%") return undefined;
      tokens.push({ literal: text, isShort: false });
    } else if (letter === "%") tokens.push({ literal: "%", isShort: false });
    else {
      const directive = DIRECTIVES.get(letter);
      if (directive === undefined) return undefined;
      tokens.push({ directive, isShort: flag === "-" });
    }
  }
  return tokens;
}

function patternOf({ literal, directive }: Token, at: number, tokens: readonly Token[]): string {
  if (directive === undefined) return escapePattern(literal ?? "");
  const touches = tokens[at - 1]?.directive !== undefined || tokens[at + 1]?.directive !== undefined;
  return `(${touches ? directive.pattern : (directive.lenient ?? directive.pattern)})`;
}

function newParts(offset: number): DateParts {
  const time = { week: undefined, hour: 0, minute: 0, second: 0, isAfternoon: undefined, total: undefined };
  return { year: 1970, month: 1, day: 1, ...time, offset };
}

function secondsOf({ total, isAfternoon, offset, ...parts }: DateParts): number {
  if (total !== undefined) return total;
  const { minute, second } = parts;
  const hour = parts.hour + (isAfternoon === true ? 12 : 0);
  if (!(hour <= 23 && minute <= 59 && second < 60)) return Number.NaN;
  const days = parts.week === undefined ? daysOf(parts) : mondayOf(parts.year, parts.week);
  return days * DAY + hour * 3600 + minute * 60 + second - offset;
}

function partsOf(seconds: number, offset: number): DateParts {
  const local = seconds + offset;
  const days = Math.floor(local / DAY);
  const ofDay = local - days * DAY;
  const hour = Math.floor(ofDay / 3600);
  const minute = Math.floor((ofDay - hour * 3600) / 60);
  const second = ofDay - hour * 3600 - minute * 60;
  return { ...dateOf(days), week: undefined, hour, minute, second, offset, isAfternoon: hour >= 12, total: seconds };
}

/** The nearest time in a format; fractions of a second are truncated by the directive. */
function roundTo(seconds: number, unit: number): number {
  if (unit >= 1) return Math.round(seconds / unit) * unit;
  const whole = Math.floor(seconds);
  return whole + Math.round((seconds - whole) / unit) * unit;
}

function offsetOf(text: string): number {
  if (/^z$/i.test(text)) return 0;
  const [, sign, hours, minutes] = /^([+-])(\d{2}):?(\d{2})$/.exec(text) as RegExpExecArray;
  return (sign === "-" ? -1 : 1) * (Number(hours) * 3600 + Number(minutes) * 60);
}
