import type { ColumnKind } from "@pushforward/datasets";
import type { TypedBlock } from "./typed-block.ts";

/** A column as the file declares it. */
export interface FileColumn {
  readonly name: string;
  readonly kind: ColumnKind;
}

/** A column to read: as numbers, or as text that represents its values. */
export interface WantedColumn {
  readonly name: string;
  readonly kind: ColumnKind;
}

/** A file that declares the types of its columns: Parquet, Arrow, JSON lines, a database, arrays. */
export interface TypedFile {
  /** Name of the file, for messages. */
  readonly name: string;
  readonly columns: readonly FileColumn[];
  /** The SQL types of columns, by column name, if the format declares more than text. */
  readonly types?: ReadonlyMap<string, string> | undefined;
  /**
   * The rows in the order of the file, in blocks of any size. A column requested as text represents its values exactly.
   * A column requested as numbers rounds integers beyond 2⁵³.
   */
  blocks(wanted: readonly WantedColumn[]): AsyncIterable<TypedBlock> | Iterable<TypedBlock>;
}
