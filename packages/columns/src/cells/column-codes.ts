import type { Column } from "@pushforward/datasets";

/** A column as codes: the different texts of it, and which of them stands in each row. */
export interface ColumnCodes {
  readonly name: string;
  /** The different texts, in order of appearance. */
  readonly texts: readonly string[];
  /** Number of rows of each text. */
  readonly counts: readonly number[];
  /** The first row of each text, from 0. */
  readonly firstRows: readonly number[];
  /** For each row the index of its text; −1 where there is no value. */
  readonly codes: Int32Array;
  /** What stands for missing values, with its number of rows. */
  readonly missing: ReadonlyMap<string, number>;
}

/** The code of a row without a value. */
export const MISSING_CODE = -1;

/** A column of text or numbers as codes. Empty cells and NaN are missing. */
export function columnCodes(column: Column): ColumnCodes {
  return column.kind === "number" ? codeNumbers(column.name, column.values) : codeTexts(column);
}

function codeTexts(column: Extract<Column, { kind: "text" }>): ColumnCodes {
  const { name, values, missing } = column;
  const coder = new Coder<string>(values.length);
  const markers = new Map<string, number>();
  for (let row = 0; row < values.length; row++) {
    const text = values[row] as string;
    if (missing?.has(row) || text.trim() === "") {
      markers.set(text, (markers.get(text) ?? 0) + 1);
      coder.codes[row] = MISSING_CODE;
    } else coder.add(text, row);
  }
  return {
    name,
    texts: coder.values,
    counts: coder.counts,
    firstRows: coder.firstRows,
    codes: coder.codes,
    missing: markers,
  };
}

function codeNumbers(name: string, values: Float64Array): ColumnCodes {
  const coder = new Coder<number>(values.length);
  let missing = 0;
  for (let row = 0; row < values.length; row++) {
    const value = values[row] as number;
    if (Number.isNaN(value)) {
      missing++;
      coder.codes[row] = MISSING_CODE;
    } else coder.add(value, row);
  }
  return {
    name,
    texts: coder.values.map(String),
    counts: coder.counts,
    firstRows: coder.firstRows,
    codes: coder.codes,
    missing: new Map(missing > 0 ? [["", missing]] : []),
  };
}

class Coder<T> {
  readonly values: T[] = [];
  readonly counts: number[] = [];
  readonly firstRows: number[] = [];
  readonly codes: Int32Array;
  private readonly places: Map<T, number> = new Map();

  constructor(rows: number) {
    this.codes = new Int32Array(rows);
  }

  add(value: T, row: number): void {
    let code = this.places.get(value);
    if (code === undefined) {
      code = this.values.length;
      this.places.set(value, code);
      this.values.push(value);
      this.counts.push(0);
      this.firstRows.push(row);
    }
    this.counts[code] = (this.counts[code] as number) + 1;
    this.codes[row] = code;
  }
}

/** Number of rows that have a value. */
export function presentRows({ counts }: ColumnCodes): number {
  return counts.reduce((sum, count) => sum + count, 0);
}

/** A column in which some texts count as missing. */
export function dropTexts(column: ColumnCodes, isDropped: (text: string) => boolean): ColumnCodes {
  const { name, texts, counts, firstRows } = column;
  const missing = new Map(column.missing);
  const kept: number[] = [];
  const newCodes = texts.map((text, code) => {
    if (!isDropped(text)) return kept.push(code) - 1;
    missing.set(text, (missing.get(text) ?? 0) + (counts[code] as number));
    return MISSING_CODE;
  });
  const pick = <T>(list: readonly T[]): T[] => kept.map((code) => list[code] as T);
  const codes = column.codes.map((code) => (code === MISSING_CODE ? MISSING_CODE : (newCodes[code] as number)));
  return { name, texts: pick(texts), counts: pick(counts), firstRows: pick(firstRows), codes, missing };
}
