import { OptionError } from "@pushforward/core";
import { quoteShort } from "./quote-short.ts";
import { VARIABLE_KINDS, type VariableKind } from "./variable.ts";

/** What a caller says of a column. */
export interface ColumnDeclaration {
  readonly kind: VariableKind;
  /** date: how dates are written, in the directives of strftime. Default: found from the values. */
  readonly format?: string;
}

/** ColumnDeclarations by the name of the column. */
export type ColumnDeclarations = ReadonlyMap<string, ColumnDeclaration>;

const ENTRY = /\s*(?:"((?:[^"]|"")*)"|([^",][^,]*?))\s*:\s*([A-Za-z]+)\s*(?:\(([^)]*)\))?\s*(?:,|$)/y;

/**
 * ColumnDeclarations as text: `age:integer,zip:category,when:date(%d/%m/%Y)`. A name that holds a comma or a quote stands in
 * double quotes, as in CSV.
 *
 * @throws {OptionError} an entry is not `name:kind`, names an unknown kind, or a column twice.
 * @example
 * parseDeclarations('age:integer,"last, first":text').get("last, first")?.kind; // → "text"
 */
export function parseDeclarations(text: string): ColumnDeclarations {
  const declarations = new Map<string, ColumnDeclaration>();
  let at = 0;
  while (at < text.length) {
    ENTRY.lastIndex = at;
    const match = ENTRY.exec(text);
    if (match === null) {
      const entry = text.slice(at).split(",")[0]?.trim();
      throw new OptionError(
        `declare: expected name:kind, got ${quoteShort(entry ?? "")}. The kinds are ${VARIABLE_KINDS.join(", ")}.`,
      );
    }
    const [, quoted, plain = "", word = "", format] = match;
    const name = quoted?.replaceAll('""', '"') ?? plain;
    const kind = VARIABLE_KINDS.find((candidate) => candidate === word.toLowerCase());
    if (kind === undefined) {
      throw new OptionError(
        `declare: expected one of ${VARIABLE_KINDS.join(", ")} for column "${name}", got ${quoteShort(word)}.`,
      );
    }
    if (declarations.has(name)) throw new OptionError(`declare: column "${name}" is declared twice.`);
    if (format !== undefined && kind !== "date") {
      throw new OptionError(`declare: column "${name}" is declared as ${kind}, and only dates have a format.`);
    }
    declarations.set(name, { kind, ...(format !== undefined && { format }) });
    at = ENTRY.lastIndex;
  }
  return declarations;
}
