import type { Table } from "@pushforward/datasets";
import { Table as ArrowTable, tableToIPC } from "apache-arrow";
import { arrowBatch } from "./arrow-batch.ts";

/**
 * Encodes a table as an Arrow file or stream. Numbers are float64, texts UTF-8; missing cells are null.
 * @example
 * readArrow(writeArrow(penguins())).rows; // → 342
 */
export function writeArrow(table: Table, format: "file" | "stream" = "file"): Uint8Array {
  return tableToIPC(new ArrowTable([arrowBatch(table).batch]), format);
}
