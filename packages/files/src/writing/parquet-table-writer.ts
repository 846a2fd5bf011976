import { rename, rm } from "node:fs/promises";
import { removeAtExit } from "@pushforward/core/node";
import type { Table } from "@pushforward/datasets";
import type { SchemaElement } from "hyparquet";
import { fileWriter, ParquetWriter } from "hyparquet-writer";
import { openParquetFiles, type ParquetFile } from "../parquet/parquet-files.ts";
import {
  DOUBLE,
  type StoredCell,
  storedCells,
  VARCHAR,
  type WrittenCell,
  type WrittenType,
  writtenCell,
  writtenType,
} from "./parquet-columns.ts";

/** Rows of a row group. */
const GROUP_ROWS = 1 << 16;

interface WrittenColumn {
  readonly name: string;
  type: WrittenType;
  /** Cells of the next row group. */
  cells: WrittenCell[];
}

/**
 * Writes tables as one Parquet file, one row group at a time, so that memory does not grow with the rows. A column keeps its
 * type as long as all of its cells fit it. At the first cell that does not, the rows before are written again with a wider
 * type, float64 or text.
 */
export class ParquetTableWriter {
  private readonly path: string;
  private readonly types: ReadonlyMap<string, string>;
  private columns: readonly WrittenColumn[] | undefined;
  private writer: ParquetWriter | undefined;

  /** @param types of columns in SQL; float64 for other columns of numbers, text for other columns of texts. */
  constructor(path: string, types: ReadonlyMap<string, string>) {
    this.path = path;
    this.types = types;
  }

  async write({ rows, columns }: Table): Promise<void> {
    this.columns ??= columns.map(({ name, kind }) => {
      const declared = writtenType(this.types.get(name) ?? "");
      return { name, type: declared ?? (kind === "number" ? DOUBLE : VARCHAR), cells: [] };
    });
    for (let row = 0; row < rows; row++) {
      for (const [k, column] of columns.entries()) this.columns[k]?.cells.push(writtenCell(column, row));
      if (this.columns[0]?.cells.length === GROUP_ROWS) await this.flush(this.columns);
    }
  }

  async end(): Promise<void> {
    if (this.columns === undefined) return;
    await this.flush(this.columns);
    await this.writer?.finish();
  }

  /** Writes a row group. */
  private async flush(columns: readonly WrittenColumn[]): Promise<void> {
    const before = columns.map(({ type }) => type);
    const stored = columns.map((column) => storeCells(column));
    if (this.writer === undefined) this.writer = this.start(columns);
    else if (columns.some(({ type }, k) => type !== before[k])) this.writer = await this.rewrite(columns, this.writer);
    await this.writer.write({
      columnData: columns.map(({ name }, k) => ({ name, data: stored[k] as StoredCell[] })),
      rowGroupSize: GROUP_ROWS,
    });
    for (const column of columns) column.cells = [];
  }

  private start(columns: readonly WrittenColumn[]): ParquetWriter {
    const elements = columns.map(({ name, type }): SchemaElement => {
      return { name, repetition_type: "OPTIONAL", ...type.element };
    });
    const schema: SchemaElement[] = [{ name: "root", num_children: elements.length }, ...elements];
    return new ParquetWriter({ writer: fileWriter(this.path), schema });
  }

  /** Writes the row groups before again, with the types that the columns have now. */
  private async rewrite(columns: readonly WrittenColumn[], before: ParquetWriter): Promise<ParquetWriter> {
    await before.finish();
    const old = `${this.path}.narrow`;
    const forget = removeAtExit(old);
    await rename(this.path, old);
    try {
      const writer = this.start(columns);
      const file = (await openParquetFiles(old, [old])) as ParquetFile;
      const wanted = columns.map(({ name, type }) => {
        return { name, kind: type === DOUBLE ? ("number" as const) : ("text" as const) };
      });
      for await (const block of file.blocks(wanted)) {
        const columnData = block.columns.map(({ name, values }, k) => {
          const cells = Array.from<WrittenCell, WrittenCell>(values, (cell) => (Number.isNaN(cell) ? null : cell));
          return { name, data: storeCells({ name, type: (columns[k] as WrittenColumn).type, cells }) };
        });
        await writer.write({ columnData, rowGroupSize: GROUP_ROWS });
      }
      return writer;
    } finally {
      await rm(old, { force: true });
      forget();
    }
  }
}

/** The cells as Parquet stores these. Widens the type of the column until all cells fit. */
function storeCells(column: WrittenColumn): StoredCell[] {
  const { type, stored } = storedCells(column.type, column.cells);
  column.type = type;
  return stored;
}
