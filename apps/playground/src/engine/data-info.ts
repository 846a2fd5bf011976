import { contextSize, contextValues, contextVector, type RowLayout, type TableRows } from "@pushforward/tables/extend";
import type { DataInfo } from "../shared/protocol.ts";
import type { Settings } from "../shared/settings.ts";
import { rangeOf, thinned } from "../shared/thinned.ts";
import { encodingNotes } from "./encoding-notes.ts";
import type { ReadData } from "./read-data.ts";

/** Rows that the page draws. */
const SHOWN = 2000;

/** As much of the rows as the page needs. */
export function dataInfo(read: ReadData, layout: RowLayout, rows: TableRows, settings: Settings): DataInfo {
  const count = rows.x.shape[0] as number;
  const width = layout.columns.length;
  const columns = layout.columns.map((_, j) =>
    Float64Array.from({ length: count }, (_, i) => rows.x.data[i * width + j] as number),
  );
  const contexts = contextValues(read.table, layout);
  const indices = thinned(count, SHOWN);
  const pick = (values: Float64Array): Float64Array => Float64Array.from(indices, (i) => values[i] as number);
  return {
    name: read.name,
    rows: count,
    dropped: read.dropped,
    table: read.columns,
    layout,
    points: columns.map(pick),
    contexts: contexts.map(pick),
    ranges: read.ranges ?? columns.map((values) => rangeOf(values, 0.001, 0.08)),
    contextRanges: contexts.map((values) => rangeOf(values, 0.01, 0)),
    ...(read.entropy === undefined ? {} : { entropy: read.entropy }),
    ...(read.encoding === undefined ? {} : { reading: { encoding: read.encoding } }),
    notes: notesOf(read, settings),
  };
}

function notesOf({ name, dropped, absent, encoding }: ReadData, settings: Settings): string[] {
  const names = absent.map((column) => `“${column}”`).join(", ");
  return [
    ...encodingNotes(name, encoding, settings),
    ...(dropped === 0 ? [] : [`${dropped} ${dropped === 1 ? "row" : "rows"} with missing values left out.`]),
    ...(absent.length === 0 ? [] : [`${name} has no column ${names}, which the settings name.`]),
  ];
}

/** Contexts of the drawn rows as the model takes them, row by row. */
export function contextRows({ layout, contexts, points }: DataInfo): Float64Array | undefined {
  const size = contextSize(layout);
  if (size === 0) return undefined;
  const count = points[0]?.length ?? 0;
  const rows = new Float64Array(count * size);
  for (let i = 0; i < count; i++) {
    rows.set(
      contextVector(
        layout,
        contexts.map((values) => values[i] as number),
      ),
      i * size,
    );
  }
  return rows;
}
