import { OptionError } from "@pushforward/core";
import { listNames } from "../list-names.ts";
import type { ColumnKind } from "../table.ts";
import type { CsvOptions } from "./csv-options.ts";
import type { CsvProblems } from "./csv-problems.ts";

/** A field that is not read. */
export const SKIP = -1;

/** The columns that are read of a file. */
export interface CsvColumns {
  readonly names: readonly string[];
  readonly kinds: readonly ColumnKind[];
  /** For each field of a record its place in `names`, or `SKIP`. */
  readonly slots: Int32Array;
  /** 1 for columns that nobody asked for and that are kept as they are. */
  readonly kept: Uint8Array;
}

/**
 * The columns that the options choose.
 *
 * @param names of all columns of the file.
 * @param inferred what these hold, judged by the first rows.
 */
export function chooseCsvColumns(
  names: readonly string[],
  inferred: readonly ColumnKind[],
  { columns = names, kinds = {}, others = "leave" }: CsvOptions,
  problems: CsvProblems,
): CsvColumns {
  const places = new Map(names.map((name, i) => [name, i]));
  for (const name of [...columns, ...(kinds === "text" ? [] : Object.keys(kinds))]) {
    if (!places.has(name)) problems.fail(`expected a column "${name}", got the columns ${listNames(names)}.`, {});
  }
  const twice = firstRepeated(columns);
  if (twice !== undefined) throw new OptionError(`csv: expected different columns, got "${twice}" twice.`);
  const chosen = new Set(columns);
  const read = others === "keep" ? [...names] : [...columns];
  const slots = new Map(read.map((name, slot) => [name, slot]));
  return {
    names: read,
    kinds: read.map((name): ColumnKind => {
      if (kinds === "text" || !chosen.has(name)) return "text";
      // A plain object inherits "constructor" and others, which may be the names of columns.
      return (Object.hasOwn(kinds, name) ? kinds[name] : inferred[places.get(name) as number]) as ColumnKind;
    }),
    slots: Int32Array.from(names, (name) => slots.get(name) ?? SKIP),
    kept: Uint8Array.from(read, (name) => (chosen.has(name) ? 0 : 1)),
  };
}

/** The first text that is there before. */
export function firstRepeated(texts: readonly string[]): string | undefined {
  const seen = new Set<string>();
  return texts.find((text) => seen.size === seen.add(text).size);
}
