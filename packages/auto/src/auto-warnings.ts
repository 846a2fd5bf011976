// Where a density has no meaning: what is found in the training rows, in words and with a remedy.
import type { NdArray } from "@pushforward/core";
import type { FarColumns } from "@pushforward/flows/extend";
import { type DependentColumns, dependentColumns } from "./dependent-columns.ts";
import type { WarningEvent } from "./fit-auto-events.ts";
import { repeatedValues } from "./repeated-values.ts";

/** Training rows below which log-densities say little, whatever the columns. */
const FEW_ROWS = 20;
/** The same for each column. */
const FEW_ROWS_PER_COLUMN = 2;

/** The training rows before standardization. */
export interface WarningRows {
  /** As they are in the table. */
  readonly x: NdArray;
  /** Training data of the members, with noise on steps. */
  readonly noisy: NdArray;
  readonly context?: NdArray | undefined;
  /** Columns with noise. */
  readonly dequantized: ReadonlyMap<number, number>;
  /** Columns of x in which all numbers are equal. */
  readonly constant: readonly number[];
  /** The map of columns with values remote from all other values. */
  readonly far?: FarColumns | undefined;
  readonly farContext?: FarColumns | undefined;
}

const UNBOUNDED = "Log-densities are unbounded there and should not be compared.";
const BLURRED = "Noise on the steps of the numbers hides this relation from the model, so samples will violate it.";

/** The warnings about a table, the gravest kind first. */
export function autoWarnings(rows: WarningRows, columnNames: readonly string[] | undefined): WarningEvent[] {
  const { x, noisy, constant, dequantized } = rows;
  const [count, columns] = x.shape as unknown as readonly [number, number];
  const name = (j: number): string => `"${columnNames?.[j] ?? j + 1}"`;
  const list = (indices: readonly number[]): string => enumeration(indices.map(name));
  const warnings: WarningEvent[] = [];
  const add = (warning: Omit<WarningEvent, "type">): void => void warnings.push({ type: "warning", ...warning });
  if (count < FEW_ROWS || count < FEW_ROWS_PER_COLUMN * columns) {
    add({
      kind: "few-rows",
      columns: [],
      text: `There are ${count} training rows for ${columns} ${columns === 1 ? "column" : "columns"}: the model mostly shows which rows were drawn.`,
      remedy: "Collect more rows, or use fewer columns.",
    });
  }
  if (constant.length > 0) {
    const [subject, verb] = constant.length === 1 ? ["Column", "is"] : ["Columns", "are"];
    add({
      kind: "constant",
      columns: constant,
      text: `${subject} ${list(constant)} ${verb} constant. ${UNBOUNDED}`,
      remedy: `Leave ${constant.length === 1 ? "the column" : "these columns"} out.`,
    });
  }
  for (const j of rows.far?.columns ?? []) {
    const center = rows.far?.shift[j] as number;
    let farthest = center;
    for (let i = j; i < x.data.length; i += columns) {
      const value = x.data[i] as number;
      if (Math.abs(value - center) > Math.abs(farthest - center)) farthest = value;
    }
    add({
      kind: "far-values",
      columns: [j],
      text: `Column ${name(j)} has extreme values, up to ${Number(farthest.toPrecision(6))}: it is learned on a scale that compresses extreme values.`,
      remedy: "If these values are errors, correct them, or declare them missing.",
    });
  }
  if (rows.farContext !== undefined) {
    add({
      kind: "far-values",
      columns: [],
      text: "The context has extreme values: it is read on a scale that compresses extreme values.",
      remedy: "If these values are errors, correct them, or declare them missing.",
    });
  }
  const ignored = new Set(constant);
  for (const { column, value, share } of repeatedValues(noisy)) {
    if (ignored.has(column)) continue;
    add({
      kind: "repeated-value",
      columns: [column],
      share,
      text: `Column ${name(column)} is ${Number(value.toPrecision(6))} in ${percent(share)} of the training rows. ${UNBOUNDED}`,
      remedy: "Leave the column out, or make it a context, or learn only the rows with other values.",
    });
  }
  for (const dependent of dependentColumns(rows, ignored)) {
    const isBlurred = dependent.columns.some((j) => dequantized.has(j));
    add({ ...inWords(dependent, isBlurred ? BLURRED : UNBOUNDED, name, list), columns: dependent.columns });
  }
  return warnings;
}

function inWords(
  { kind, columns, isContextInvolved }: DependentColumns,
  meaning: string,
  name: (j: number) => string,
  list: (indices: readonly number[]) => string,
): Pick<WarningEvent, "kind" | "text" | "remedy"> {
  const [first, ...others] = columns as [number, ...number[]];
  const remedy = isContextInvolved
    ? `Leave column ${name(first)} out.`
    : `Leave one of them out, for instance ${name(first)}.`;
  if (kind === "duplicate-column") {
    return { kind, remedy, text: `Columns ${list(columns)} are equal in all rows. ${meaning}` };
  }
  const on = [...(others.length === 0 ? [] : [list(others)]), ...(isContextInvolved ? ["the context"] : [])].join(
    " and ",
  );
  return { kind, remedy, text: `Column ${name(first)} is a linear function of ${on}. ${meaning}` };
}

function enumeration(words: readonly string[]): string {
  return words.length < 2 ? words.join("") : `${words.slice(0, -1).join(", ")} and ${words.at(-1)}`;
}

function percent(share: number): string {
  const text = (100 * share).toFixed(share > 0.99 ? 1 : 0);
  return `${text === "100.0" ? "almost 100" : text} %`;
}
