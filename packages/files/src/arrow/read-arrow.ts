import { DataError } from "@pushforward/core";
import type { Column, Table } from "@pushforward/datasets";
import { createTable } from "@pushforward/datasets/extend";
import { type DataType, tableFromIPC } from "apache-arrow";
import { registerArrowCodecs } from "./arrow-codecs.ts";
import { arrowKind, arrowNumbers, arrowTexts } from "./arrow-column.ts";

/**
 * The table in the bytes of an Arrow file or stream. Numbers and decimals come as float64, all else as text; dates as
 * `2024-01-31`, timestamps as `2024-01-31 12:00:00` in UTC.
 *
 * @throws {DataError} the bytes are no Arrow.
 * @example
 * readArrow(writeArrow(penguins())).rows; // → 342
 */
export function readArrow(bytes: Uint8Array): Table {
  registerArrowCodecs();
  try {
    const table = tableFromIPC(bytes);
    return createTable(
      table.schema.fields.map(({ name, type }, j): Column => {
        const vector = table.getChildAt(j);
        if (vector === null) throw new Error(`no values of "${name}"`);
        if (arrowKind(type as DataType) === "number") return { name, kind: "number", values: arrowNumbers(vector) };
        const texts = arrowTexts(vector, { file: "readArrow:", column: name, rowsBefore: 0 });
        const missing = new Set(texts.flatMap((text, row) => (text === null ? [row] : [])));
        return { name, kind: "text", values: texts.map((text) => text ?? ""), ...(missing.size > 0 && { missing }) };
      }),
    );
  } catch (cause) {
    if (cause instanceof DataError) throw cause;
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new DataError(`readArrow: expected an Arrow file or stream, got ${reason}.`, {}, { cause });
  }
}
