import { findDependentColumns, learnedTable } from "@pushforward/columns/extend";
import {
  type ColumnDeclarations,
  csvChunks,
  type DependentColumn,
  earthquakes,
  formatCsv,
  OptionError,
  parseDeclarations,
  penguins,
  type Table,
  type TableSource,
  type UnderstoodTable,
  understandTable,
  type Variable,
} from "pushforward";
import { PageError } from "../../shared/page-error.ts";
import type { DeclaredKinds, Settings } from "../../shared/settings.ts";
import { csvProblem, filePieces, readingOptions, usableFile } from "../data/read-data.ts";

/** A table of any columns to learn from. */
export interface MixedTable {
  readonly name: string;
  readonly understood: UnderstoodTable;
  /** Columns to learn, in the order of the file: the columns of the settings, or all learnable columns. */
  readonly learned: readonly Variable[];
  /** Relations between dependent columns and their sources. */
  readonly relations: readonly DependentColumn[];
  readonly declared: DeclaredKinds;
  /** Columns that the settings name and the table does not have. */
  readonly absent: readonly string[];
}

/**
 * Reads the table of the settings. With an automatic choice of model, returns undefined for a table of only complete
 * numbers, because flows learn such tables.
 */
export async function readMixed(settings: Settings, file: File | undefined): Promise<MixedTable | undefined> {
  const source = fileSource(settings, file);
  try {
    const names = await columnNames(source);
    const declared = settings.kinds.filter(([name]) => names.includes(name));
    const options = { declare: declarationsOf(declared), preferNumbers: settings.way === "auto" };
    const understood = await understandTable(source, options);
    if (settings.way === "auto" && understood.isNumeric) return undefined;
    return mixedTable(source.name, understood, settings, declared);
  } catch (error) {
    // An error of a declaration begins with its name, which the page does not have.
    if (error instanceof OptionError) throw new PageError(error.message.replace(/^declare: /, ""));
    throw csvProblem(error, { columns: [], given: [] });
  }
}

function mixedTable(
  name: string,
  understood: UnderstoodTable,
  settings: Settings,
  declared: DeclaredKinds,
): MixedTable {
  const chosen = new Set(settings.columns);
  const own = understood.learned.filter((variable) => chosen.has(variable.name));
  const learned = own.length > 0 ? own : understood.learned;
  const known = new Set(understood.variables.map((variable) => variable.name));
  const named = [...settings.columns, ...settings.kinds.map(([column]) => column)];
  return {
    ...{ name, understood, learned, declared },
    relations: findDependentColumns(learnedTable({ ...understood, learned })),
    absent: [...new Set(named)].filter((column) => !known.has(column)),
  };
}

/** Formats kinds for the `--declare` option. */
export function declarationText(kinds: DeclaredKinds): string {
  const quoted = (name: string): string =>
    /^[^\s",:][^",:]*$/.test(name) && name === name.trim() ? name : `"${name.replaceAll('"', '""')}"`;
  return kinds.map(([name, kind]) => `${quoted(name)}:${kind}`).join(",");
}

function declarationsOf(kinds: DeclaredKinds): ColumnDeclarations {
  return parseDeclarations(declarationText(kinds));
}

/** The file of some settings as a table that can be read in pieces. */
export function fileSource(settings: Settings, file: File | undefined): TableSource {
  const own = fileOf(settings, file);
  const { name } = own;
  const reading = { ...readingOptions(settings), file: name };
  return { name, chunks: (options) => csvChunks(filePieces(own), { ...reading, ...options }) };
}

/** The names of the columns of a table. */
export async function columnNames({ chunks }: TableSource): Promise<string[]> {
  for await (const { columns } of chunks({ kinds: "text", missing: "keep", chunkRows: 1 })) {
    return columns.map(({ name }) => name);
  }
  return [];
}

/** Returns the file of the settings: the file of the visitor, or a library table as saved by the page. */
function fileOf(settings: Settings, file: File | undefined): File {
  const known: Readonly<Record<string, () => Table>> = { earthquakes, penguins };
  const own = known[settings.data];
  return own === undefined ? usableFile(settings, file) : new File([formatCsv(own())], `${settings.data}.csv`);
}
