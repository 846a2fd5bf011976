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
