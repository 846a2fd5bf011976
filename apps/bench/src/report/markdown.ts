/** A Markdown table. */
export function markdownTable(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]): string => `| ${cells.join(" | ")} |`;
  return [line(head), line(head.map(() => "---")), ...rows.map(line)].join("\n");
}

/** Milliseconds with three digits; a dash for what was not measured. */
export function milliseconds(value: number | undefined): string {
  if (value === undefined || Number.isNaN(value)) return "–";
  return value >= 100 ? value.toFixed(0) : value.toPrecision(3);
}

/** A ratio with two or three digits. */
export function times(value: number | undefined): string {
  if (value === undefined || Number.isNaN(value)) return "–";
  return `${value >= 100 ? value.toFixed(0) : value.toPrecision(value >= 1 ? 3 : 2)}×`;
}
