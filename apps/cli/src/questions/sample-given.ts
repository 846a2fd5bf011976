import { statSync } from "node:fs";
import { takeTableRows } from "@pushforward/datasets/extend";
import { askedModel, checkQuestions, givenRows, type LoadedModel } from "@pushforward/questions/extend";
import type { TableModel } from "@pushforward/tables";
import { type Conditions, type CsvTable, createKey, type Table } from "pushforward";
import { UserError } from "../errors/user-error.ts";
import type { ReadOptions } from "../options/read-options.ts";
import { say } from "../output/terminal.ts";
import { readTable, tableSource } from "../reading/read-table.ts";
import { located } from "../run/program-io.ts";
import { conditionsOf, parseConditions, type RowCondition } from "./conditions.ts";

/** Maximum number of draws per requested row, and minimum of this limit for all rows together. */
const MOST_PER_ROW = 1000;
const LEAST = 20_000;

/** Returns the maximum number of draws. */
export function mostDraws(count: number): number {
  return Math.max(LEAST, MOST_PER_ROW * count);
}

/** Selects drawn rows that meet conditions, and counts the rejected rows. */
export class SampleWhere {
  private readonly conditions: readonly RowCondition[];
  private readonly cells: TableModel;
  private readonly failed: number[];
  private drawn = 0;
  private rejected = 0;

  constructor(conditions: readonly RowCondition[], cells: TableModel) {
    this.conditions = conditions;
    this.cells = cells;
    this.failed = conditions.map(() => 0);
  }

  /**
   * Yields the first rows that meet all conditions.
   *
   * @param tables rows in the format of the file, more than needed.
   * @throws {UserError} too few rows meet the conditions.
   */
  *take(tables: Iterable<Table>, count: number): Generator<Table> {
    let left = count;
    for (const table of tables) {
      const kept = this.keep(table).slice(0, left);
      left -= kept.length;
      if (kept.length > 0) yield takeTableRows(table, kept);
      if (left === 0) return;
    }
    throw new UserError(
      `--where: expected ${count} rows that meet ${this.conditions.map(({ text }) => text).join(", ")}, got ${count - left} among ${this.drawn} drawn ones.`,
    );
  }

  /** Summary of the rejected rows, in a sentence. */
  note(): string {
    const parts = this.conditions.map(({ text }, i) => `${this.failed[i]} for ${text}`);
    return `${this.rejected} of ${this.drawn} drawn rows were rejected: ${parts.join(", ")}`;
  }

  /** The places of the rows that meet all conditions. */
  private keep(written: Table): number[] {
    const read = this.cells.read(written, { isPartial: true });
    const tests = this.conditions.map(({ test }) => test(read));
    const kept: number[] = [];
    for (let row = 0; row < written.rows; row++) {
      let isKept = true;
      for (const [i, results] of tests.entries()) {
        if (results[row]) continue;
        this.failed[i] = (this.failed[i] as number) + 1;
        isKept = false;
      }
      if (isKept) kept.push(row);
    }
    this.drawn += written.rows;
    this.rejected += written.rows - kept.length;
    return kept;
  }
}

/** Options for the drawn rows. */
export interface SampleGivenOptions extends ReadOptions {
  /** Conditions, or the name of a file with a row for each question; empty cells in the file are drawn. */
  readonly given: string;
  readonly count: number;
  readonly seed: number;
  /** Additional conditions on the drawn rows. */
  readonly where?: SampleWhere | undefined;
}

/** Rows that are drawn at once. */
const MOST_AT_ONCE = 2 ** 18;
/** Warnings that are printed one by one, at most. */
const MOST_WARNINGS = 5;

/**
 * Draws rows of a model that meet conditions, in the format of its file: `count` rows for each question, in sequence.
 */
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
    if (warnings > MOST_WARNINGS) say(`and ${warnings - MOST_WARNINGS} more questions with inaccurate answers`);
  })();
}

/** Yields rows in parts on demand, up to the maximum number of draws. */
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
