import { compileDateFormat } from "../dates/date-format.ts";
import { cellWriter } from "./read-variables.ts";
import type { Variable } from "./variable.ts";

/** Digits of a range that people read. */
const SHOWN_DIGITS = 6;
const SHOWN_LENGTH = 10;
const SHOWN_LEVELS = 7;

/**
 * A variable in one line for people.
 *
 * @example
 * const table = parseCsv("age\n17\n90\n\n", { kinds: "text", missing: "keep" });
 * findVariables(table).variables.map(describeVariable); // → ["age: integer, 17 to 90"]
 */
export function describeVariable(variable: Variable): string {
  const { name, rows, missingRows } = variable;
  const parts = [describeKind(variable)];
  if (missingRows > 0 && missingRows < rows) {
    const percent = Number(((100 * missingRows) / rows).toPrecision(2));
    parts.push(`${missingRows.toLocaleString("en")} missing (${percent} %)`);
  }
  return `${name}: ${parts.join(", ")}`;
}

function describeKind(variable: Variable): string {
  const { kind, distinct, words } = variable;
  if (distinct === 0) return "empty";
  switch (kind) {
    case "category":
      return distinct === 1 ? "category, always the same" : `category of ${distinct.toLocaleString("en")}`;
    case "ordinal":
      return `ordinal (${describeLevels(variable.levels ?? [])})`;
    case "boolean":
      return words === undefined ? "boolean" : `boolean (${words.join(", ")})`;
    case "id":
    case "text":
      return `${kind}, not learned`;
    default:
      return describeRange(variable);
  }
}

/** Lists the levels. Long lists show only the first levels and the last one. */
function describeLevels(levels: readonly string[]): string {
  const shown =
    levels.length <= SHOWN_LEVELS ? levels : [...levels.slice(0, SHOWN_LEVELS - 2), "\u2026", levels.at(-1)];
  return shown.join(" < ");
}

function describeRange(variable: Variable): string {
  const { kind, min = 0, max = 0, step } = variable;
  const write = cellWriter(variable);
  if (kind === "date") {
    const range = min === max ? `always ${write(min)}` : `${write(min)} to ${write(max)}`;
    const what = compileDateFormat(variable.format ?? "")?.isTimeOfDay ? "time" : "date";
    return `${what} (${range})${dateSpacing(variable)}`;
  }
  const show = (value: number): string => {
    const text = write(value);
    return text.length > SHOWN_LENGTH && !Number.isInteger(value) && variable.numberFormat?.padded !== true
      ? write(Number(value.toPrecision(SHOWN_DIGITS)))
      : text;
  };
  const [low = 0, high = 0] = variable.bounds ?? [];
  const ends = kind === "interval" ? ` [${low}, ${high}]` : kind === "circular" ? ` [${low}, ${high})` : "";
  if (min === max) return `${kind}${ends}, always ${show(min)}`;
  const isFine = step !== undefined && (max - min) / step > FINE;
  const spacing = step === undefined || step === 1 ? "" : isFine ? ", with repeated values" : ` in steps of ${step}`;
  return `${kind}${ends}, ${show(min)} to ${show(max)}${spacing}`;
}

/** Steps between the ends of a column from which on its spacing means nothing to a reader. */
const FINE = 1e5;

const SPACINGS: ReadonlyMap<number, string> = new Map([
  [3600, ", hourly"],
  [1800, ", every half hour"],
  [900, ", every quarter hour"],
]);

function dateSpacing({ step = 1, distinct, min = 0, max = 0, format = "" }: Variable): string {
  if (format.includes("%q")) return ", quarterly";
  if (format.includes("%V")) return ", weekly";
  if (/%-?[mbB]/.test(format) && !/%-?d/.test(format)) return ", monthly";
  const isDaily = step === 86_400 && distinct > 2 && (max - min) / step + 1 === distinct;
  return isDaily ? ", daily" : (SPACINGS.get(step) ?? "");
}
