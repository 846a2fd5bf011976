import type { FileHandle } from "node:fs/promises";
import { open } from "node:fs/promises";
import type { Column, Table } from "@pushforward/datasets";
import { BOOLEANS, isNumericType } from "./parquet-columns.ts";

/** Writes tables as JSON lines or as an array: one object for each row; a missing cell is null. */
export class JsonWriter {
  private readonly path: string;
  private readonly types: ReadonlyMap<string, string>;
  private readonly isArray: boolean;
  private file: FileHandle | undefined;
  private isFirst = true;

  /**
   * @param types of columns in SQL: texts of a BOOLEAN column become true and false, those of numbers numbers.
   * @param isArray whether the objects are those of an array. Default: lines.
   */
  constructor(path: string, types: ReadonlyMap<string, string>, isArray = false) {
    this.path = path;
    this.types = types;
    this.isArray = isArray;
  }

  async write({ rows, columns }: Table): Promise<void> {
    this.file ??= await open(this.path, "w");
    const cells = columns.map((column) => this.cellsOf(column));
    const names = columns.map(({ name }) => JSON.stringify(name));
    if (rows === 0) return;
    const lines = Array.from({ length: rows }, (_, row) => {
      return `{${names.map((name, k) => `${name}:${cells[k]?.(row)}`).join(",")}}`;
    });
    const before = !this.isArray ? "" : this.isFirst ? "[\n" : ",\n";
    this.isFirst = false;
    // Unlike `write`, it goes on where a part was written, and so finds a disk that is full.
    await this.file.appendFile(`${before}${lines.join(this.isArray ? ",\n" : "\n")}${this.isArray ? "" : "\n"}`);
  }

  /** Closes the file. */
  async end(): Promise<void> {
    if (this.isArray) await this.file?.appendFile(this.isFirst ? "[]\n" : "\n]\n");
    await this.file?.close();
    this.file = undefined;
  }

  private cellsOf(column: Column): (row: number) => string {
    if (column.kind === "number") {
      const isFlag = this.types.get(column.name) === "BOOLEAN";
      return (row) => {
        const value = column.values[row] as number;
        return isFlag && (value === 0 || value === 1) ? String(value === 1) : String(finiteOrNull(value));
      };
    }
    const { name, values, missing } = column;
    const isBoolean = this.types.get(name) === "BOOLEAN";
    const isNumber = isNumericType(this.types.get(name));
    return (row) => {
      if (missing?.has(row)) return "null";
      const text = values[row] as string;
      if (isNumber && JSON_NUMBER.test(text)) return text;
      const flag = isBoolean ? BOOLEANS.get(text.toLowerCase()) : undefined;
      return flag === undefined ? JSON.stringify(text) : String(flag);
    };
  }
}

/** A number as JSON has it, of any number of digits. */
const JSON_NUMBER = /^-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?$/;

/** JSON has no infinite numbers. */
function finiteOrNull(value: number): number | null {
  return Number.isFinite(value) ? value : null;
}
