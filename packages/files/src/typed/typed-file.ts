import type { ColumnKind } from "@pushforward/datasets";
import type { TypedBlock } from "./typed-block.ts";

/** A column as the file declares it. */
export interface FileColumn {
  readonly name: string;
  readonly kind: ColumnKind;
}

/** A column to read: as numbers, or as the text that stands for its values. */
export interface WantedColumn {
  readonly name: string;
  readonly kind: ColumnKind;
}

/** A file that says itself what its columns hold: Parquet, Arrow, JSON lines, a database, arrays. */
export interface TypedFile {
  /** Name of the file, for messages. */
  readonly name: string;
  readonly columns: readonly FileColumn[];
  /** The types of columns in SQL, by their names, as far as the format declares more than text. */
  readonly types?: ReadonlyMap<string, string> | undefined;
  /**
   * The rows in the order of the file, in blocks of any size. A column that is wanted as text has what stands for its values
   * exactly; as numbers, those of an integer beyond 2⁵³ are rounded.
   */
  blocks(wanted: readonly WantedColumn[]): AsyncIterable<TypedBlock> | Iterable<TypedBlock>;
}
