import type { Column, Table } from "@pushforward/datasets";
import { type Data, Field, Float64, makeData, RecordBatch, Schema, Struct, Utf8, vectorFromArray } from "apache-arrow";

/** A table as one batch of Arrow: numbers are float64, texts UTF-8; missing cells are null. */
export function arrowBatch({ rows, columns }: Table): RecordBatch {
  const children = columns.map((column) => arrowData(column));
  const fields = columns.map(({ name }, j) => new Field(name, (children[j] as Data).type, true));
  const type = new Struct(fields);
  return new RecordBatch(new Schema(fields), makeData({ type, length: rows, nullCount: 0, children }));
}

function arrowData(column: Column): Data {
  if (column.kind === "text") {
    const { missing } = column;
    const texts =
      missing === undefined ? column.values : column.values.map((text, row) => (missing.has(row) ? null : text));
    return vectorFromArray(texts, new Utf8()).data[0] ?? makeData({ type: new Utf8() });
  }
  const { values } = column;
  const { length } = values;
  const nullBitmap = new Uint8Array(Math.ceil(length / 8));
  let nullCount = 0;
  for (const [row, value] of values.entries()) {
    if (Number.isNaN(value)) nullCount++;
    else nullBitmap[row >> 3] = (nullBitmap[row >> 3] as number) | (1 << (row & 7));
  }
  const type = new Float64();
  return nullCount === 0
    ? makeData({ type, length, nullCount, data: values })
    : makeData({ type, length, nullCount, nullBitmap, data: values });
}
