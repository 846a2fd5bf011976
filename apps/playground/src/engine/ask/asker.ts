import { askTable, type ConditionalTable, createKey, type TableQuestions } from "pushforward";
import type { Answer, AskColumn, ColumnAnswer, Given } from "../../shared/ask-protocol.ts";
import { MOST_ASKED } from "../../shared/most-asked.ts";
import { type AskedColumn, askColumn } from "./ask-column.ts";
import type { AskSource } from "./ask-source.ts";
import { centerOf } from "./center-of.ts";
import { givenCommand } from "./given-command.ts";
import { type ReadCell, readGiven } from "./read-given.ts";

/** Rows that are drawn to prepare the questions: more would take seconds, and make answers hardly better. */
const ROWS = 2000;
/** The effective number of draws that is aimed at, how many are made for it, and how many before the page has its say. */
const DRAWS = 500;
const MOST_DRAWS = 6000;
const BLOCK = 300;

/** Answers questions to one model, bit by bit: the answer that is asked for last is the only one that goes on. */
export class Asker {
  readonly source: AskSource;
  private readonly columns: readonly AskedColumn[];
  private readonly key = createKey(0).fold("questions");
  private prepared: Promise<TableQuestions> | undefined;
  private isDisposed = false;
  /** The cells of the last question, and the parts of its answer that are to come. */
  private cells: readonly ReadCell[] = [];
  private parts: Iterator<ConditionalTable | undefined> | undefined;
  private last: ConditionalTable | undefined;

  constructor(source: AskSource) {
    this.source = source;
    const { variables } = source;
    this.columns = variables.length > MOST_ASKED ? [] : variables.map((variable) => askColumn(source, variable));
  }

  get infos(): readonly AskColumn[] {
    return this.columns.map(({ info }) => info);
  }

  prepare(): Promise<TableQuestions> {
    this.prepared ??= askTable(this.source.model, { key: this.key, rows: ROWS });
    return this.prepared;
  }

  /**
   * A first answer.
   *
   * @throws {PageError} a cell is no value of its column.
   */
  async ask(given: Given): Promise<Answer> {
    const cells = given.flatMap(([name, cell]) => {
      const column = this.columns.find(({ variable }) => variable.name === name);
      return column === undefined ? [] : [readGiven(column.variable, cell)];
    });
    const questions = await this.prepare();
    if (this.isDisposed) throw new Error("Expected a model to ask, got one that was closed.");
    this.cells = cells;
    this.last = undefined;
    const conditions = Object.fromEntries(cells.map(({ column, cell }) => [column, cell]));
    this.parts = questions.givenInParts(conditions, { key: this.key, draws: DRAWS, rows: MOST_DRAWS, block: BLOCK });
    return this.more();
  }

  /** The answer with more draws. */
  more(): Answer {
    const next = this.parts?.next();
    if (next === undefined || next.done) return this.answerOf(true);
    this.last = next.value;
    return this.answerOf(false);
  }

  dispose(): void {
    this.isDisposed = true;
    this.parts = undefined;
    void this.prepared?.then(
      (questions) => questions.dispose(),
      () => undefined,
    );
  }

  private answerOf(isDone: boolean): Answer {
    const { last, cells } = this;
    const isGiven = new Set(cells.map(({ column }) => column));
    const asked = this.columns.filter(({ variable }) => !isGiven.has(variable.name));
    return {
      given: cells.map(({ cell: _, ...text }) => text),
      fits: last !== undefined,
      columns: last === undefined ? [] : asked.map((column) => columnAnswer(column, last)),
      draws: last?.table.rows ?? 0,
      effective: last?.effectiveSampleSize ?? 0,
      isDone,
      ...(isDone && warningOf(last)),
      command: givenCommand(cells),
    };
  }
}

function columnAnswer({ variable, bars }: AskedColumn, { table, weights }: ConditionalTable): ColumnAnswer {
  const center = centerOf(variable, bars, table, weights);
  return {
    column: variable.name,
    shares: bars.sharesOf(table, weights),
    missing: bars.missingOf(table, weights),
    ...(center && { center }),
  };
}

function warningOf(answer: ConditionalTable | undefined): { readonly warning?: string } {
  if (answer === undefined) {
    const draws = MOST_DRAWS.toLocaleString("en-US");
    return { warning: `No row fits: none of ${draws} draws of the model has these values together.` };
  }
  const { warning } = answer;
  return warning === undefined ? {} : { warning: `${warning.charAt(0).toUpperCase()}${warning.slice(1)}.` };
}
