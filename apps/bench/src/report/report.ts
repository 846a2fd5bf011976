import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { quantile } from "@pushforward/core/plain";

const FOLDER = join(import.meta.dirname, "..", "..", "results");

/** Prints a report and saves it with its results, as Markdown and as JSON. */
export async function report(name: string, markdown: string, figures: object): Promise<void> {
  const base = join(FOLDER, `${name}-${new Date().toISOString().replaceAll(/[:.]/g, "-")}`);
  await mkdir(FOLDER, { recursive: true });
  await writeFile(`${base}.md`, `${markdown}\n`);
  await writeFile(`${base}.json`, `${JSON.stringify(figures, null, 2)}\n`);
  console.log(`\n${markdown}\n\nsaved: ${base}.md and .json`);
}

/** One size of a model and the time that it takes. */
export interface GrowthPoint {
  readonly value: number;
  readonly work: number;
  readonly milliseconds: number;
}

/** From each point to the next, the power of the work with which the time grows; none for the first. */
export function exponents(points: readonly GrowthPoint[]): (number | undefined)[] {
  return points.map((point, i) => {
    const before = points[i - 1];
    if (before === undefined) return undefined;
    return Math.log(point.milliseconds / before.milliseconds) / Math.log(point.work / before.work);
  });
}

/** A Markdown table. */
export function markdownTable(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]): string => `| ${cells.join(" | ")} |`;
  return [line(head), line(head.map(() => "---")), ...rows.map(line)].join("\n");
}

/** Formats milliseconds with three digits; a dash for a missing measurement. */
export function milliseconds(value: number | undefined): string {
  if (value === undefined || Number.isNaN(value)) return "–";
  return value >= 100 ? value.toFixed(0) : value.toPrecision(3);
}

/** A ratio with two or three digits. */
export function times(value: number | undefined): string {
  if (value === undefined || Number.isNaN(value)) return "–";
  return `${value >= 100 ? value.toFixed(0) : value.toPrecision(value >= 1 ? 3 : 2)}×`;
}

/** The median; NaN of no values. */
export function median(values: readonly number[]): number {
  return quantile(Float64Array.from(values).sort(), 0.5);
}
