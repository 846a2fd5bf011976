import { statSync } from "node:fs";
import { askedModel, checkQuestions, givenRows, type LoadedModel } from "@pushforward/questions/extend";
import type { TableModel } from "@pushforward/tables";
import { type Conditions, type CsvTable, createKey, type Table } from "pushforward";
import { UserError } from "../errors/user-error.ts";
import type { ReadOptions } from "../options/read-options.ts";
import { say } from "../output/terminal.ts";
import { readTable, tableSource } from "../reading/read-table.ts";
import { located } from "../run/program-io.ts";
import { conditionsOf, parseConditions } from "./conditions.ts";
import { mostDraws, type SampleWhere } from "./sample-where.ts";

/** What is drawn. */
export interface SampleGivenOptions extends ReadOptions {
  /** Conditions, or the name of a file with a row for each question, whose empty cells are asked for. */
  readonly given: string;
  readonly count: number;
  readonly seed: number;
  /** Conditions that the drawn rows must meet besides. */
  readonly where?: SampleWhere | undefined;
}

/** Rows that are drawn at once. */
const MOST_AT_ONCE = 2 ** 18;
/** Warnings that are printed one by one, at most. */
const MOST_WARNINGS = 5;

/** Rows of a model that meet conditions, as its file has them: `count` for each question, one after the other. */
export async function sampleGiven(
  model: LoadedModel,
  modelFile: string,
  options: SampleGivenOptions,
): Promise<Iterable<Table>> {
  const { given, count, seed, where } = options;
  const cells = model;
  const questions = statSync(located(given), { throwIfNoEntry: false })?.isFile()
    ? await questionsOf(cells, given, options)
    : [conditionsOf(parseConditions(given, cells.names), cells)];
  // The model is prepared in seconds, wrong conditions are found in milliseconds.
  checkQuestions(model, modelFile, questions);
  const asked = await askedModel(model, modelFile, seed);
  const key = createKey(seed);
  return (function* () {
    let warnings = 0;
    for (const [i, conditions] of questions.entries()) {
      const { answer, draw } = givenRows(asked, conditions, key.fold(i), count);
      if (answer.warning !== undefined && ++warnings <= MOST_WARNINGS) {
        say(`${questions.length > 1 ? `question ${i + 1}: ` : ""}${answer.warning}`);
      }
      if (where === undefined) {
        for (let from = 0; from < count; from += MOST_AT_ONCE) {
          yield draw(from === 0 ? "sample" : `sample ${from}`, Math.min(MOST_AT_ONCE, count - from));
        }
      } else yield* where.take(drawParts(draw, count), count);
    }
    if (warnings > MOST_WARNINGS) say(`and ${warnings - MOST_WARNINGS} more questions of which the answer is poor`);
  })();
}

/** Rows in parts, of which as many are drawn as it takes. */
function* drawParts(draw: (part: number, rows: number) => Table, count: number): Generator<Table> {
  for (let part = 0, drawn = 0; drawn < mostDraws(count); part++) {
    const rows = Math.min(MOST_AT_ONCE, Math.max(2 * count, 200));
    drawn += rows;
    yield draw(part, rows);
  }
}

/** The known cells of the rows of a file. */
async function questionsOf(cells: TableModel, file: string, reading: ReadOptions): Promise<Conditions[]> {
  const table: CsvTable = await readTable(await tableSource(file, reading), { kinds: "text", missing: "keep" });
  const unknown = table.columns.find(({ name }) => !cells.names.includes(name));
  if (unknown !== undefined) {
    throw new UserError(
      `${file}: expected the columns ${cells.names.join(", ")}, or some of them, got "${unknown.name}".`,
    );
  }
  const { rows, columns } = cells.read(table, { isPartial: true });
  return Array.from({ length: rows }, (_, row) =>
    Object.fromEntries(
      columns.flatMap((column): [string, string | number][] => {
        const isMissing = column.kind === "text" ? column.missing?.has(row) : Number.isNaN(column.values[row]);
        return isMissing ? [] : [[column.name, column.values[row] as string | number]];
      }),
    ),
  );
}
