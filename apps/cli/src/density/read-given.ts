import { listNames } from "@pushforward/datasets/extend";
import { type TableDensityModel, UnseenCells } from "@pushforward/tables/extend";
import { readVariables, type Table } from "pushforward";
import { UserError } from "../errors/user-error.ts";
import type { ReadOptions } from "../options/read-options.ts";
import { say } from "../output/terminal.ts";
import { readTable, tableSource } from "../reading/read-table.ts";

/**
 * The given columns of a model, from a file of contexts; undefined for a model that has none. Says which cells no training row
 * could have.
 *
 * @throws {UserError} there is a file though the model takes none, or none though it does.
 */
export async function readGiven(
  model: TableDensityModel,
  file: string | undefined,
  reading: ReadOptions,
  modelFile: string,
): Promise<Table | undefined> {
  const { density, learned } = model;
  const given = learned.filter(({ name }) => density.given.includes(name));
  if (given.length === 0) {
    if (file === undefined) return undefined;
    throw new UserError(`${modelFile}: expected no --context, because the model takes none, got ${file}.`);
  }
  const columns = given.map(({ name }) => name);
  if (file === undefined) {
    throw new UserError(
      `${modelFile}: expected --context with a file of the columns ${listNames(columns)}, because the model is conditional, got none.`,
    );
  }
  const source = await tableSource(file, reading);
  const table = await readTable(source, { columns, kinds: "text", missing: reading.missing ?? "keep" });
  const typed = readVariables(table, given, { file: source.name }).table;
  const unseen = new UnseenCells(model);
  unseen.look(typed.columns);
  say(...unseen.notes());
  return typed;
}
