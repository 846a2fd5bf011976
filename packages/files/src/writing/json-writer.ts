import type { FileHandle } from "node:fs/promises";
import { open } from "node:fs/promises";
import type { Column, Table } from "@pushforward/datasets";

/** Writes tables as JSON lines: one object for each row; a missing cell is null. */
export class JsonWriter {
  private readonly path: string;
  private readonly types: ReadonlyMap<string, string>;
  private file: FileHandle | undefined;

  /** @param types of columns in SQL: texts of a BOOLEAN column become true and false. */
  constructor(path: string, types: ReadonlyMap<string, string>) {
    this.path = path;
    this.types = types;
  }

  async write({ rows, columns }: Table): Promise<void> {
    this.file ??= await open(this.path, "w");
    const cells = columns.map((column) => this.cellsOf(column));
    const names = columns.map(({ name }) => JSON.stringify(name));
    const lines = Array.from({ length: rows }, (_, row) => {
      return `{${names.map((name, k) => `${name}:${cells[k]?.(row)}`).join(",")}}\n`;
    });
    // Unlike `write`, it goes on where a part was written, and so finds a disk that is full.
    await this.file.appendFile(lines.join(""));
  }

  /** Closes the file. */
  async end(): Promise<void> {
    await this.file?.close();
    this.file = undefined;
  }

  private cellsOf(column: Column): (row: number) => string {
    if (column.kind === "number") return (row) => String(finiteOrNull(column.values[row] as number));
    const { name, values, missing } = column;
    const isBoolean = this.types.get(name) === "BOOLEAN";
    return (row) => {
      if (missing?.has(row)) return "null";
      const text = values[row] as string;
      return isBoolean && /^(true|false)$/.test(text) ? text : JSON.stringify(text);
    };
  }
}

/** JSON has no infinite numbers. */
function finiteOrNull(value: number): number | null {
  return Number.isFinite(value) ? value : null;
}
