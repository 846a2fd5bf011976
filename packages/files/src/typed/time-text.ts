/** Seconds of a day. */
export const DAY_SECONDS = 86_400n;

/** A time as SQL writes it, in UTC: `2024-01-31 12:00:00`. */
export function timeText(time: Date): string {
  return isoText(time)
    .replace("T", " ")
    .replace(/(\.000)?Z$/, "");
}

/** @throws {RangeError} JavaScript has no such date: files mark infinite dates by the last days of their integers. */
function isoText(time: Date): string {
  if (Number.isNaN(time.getTime())) throw new RangeError("a date more than 270,000 years from 1970");
  return time.toISOString();
}

/** A date: `2024-01-31`. @param days since 1970. */
export function dateText(days: bigint): string {
  return isoText(new Date(Number(days * DAY_SECONDS) * 1000)).replace(/T.*$/, "");
}

/** A time of day: `12:00:00.25`. @param time since midnight, in so many units of a second. */
export function clockText(time: bigint, unit: bigint): string {
  const seconds = time / unit;
  const fraction = String(time % unit)
    .padStart(String(unit).length - 1, "0")
    .replace(/0+$/, "");
  const parts = [seconds / 3600n, (seconds / 60n) % 60n, seconds % 60n].map((part) => String(part).padStart(2, "0"));
  return `${parts.join(":")}${fraction === "" ? "" : `.${fraction}`}`;
}

/** A time as SQL writes it, in UTC: `2024-01-31 12:00:00.25`. */
export function timestampText(time: bigint, unit: bigint): string {
  const day = DAY_SECONDS * unit;
  const rest = ((time % day) + day) % day;
  return `${dateText((time - rest) / day)} ${clockText(rest, unit)}`;
}
