/** A time as SQL writes it, in UTC: `2024-01-31 12:00:00`. */
export function timeText(time: Date): string {
  return time
    .toISOString()
    .replace("T", " ")
    .replace(/(\.000)?Z$/, "");
}
