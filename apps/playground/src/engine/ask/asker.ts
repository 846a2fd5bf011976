import { cellWriter } from "@pushforward/columns/extend";
import { CategoryCoding } from "@pushforward/tables/extend";
import {
  askTable,
  type ConditionalTable,
  createKey,
  DataError,
  readVariables,
  type Table,
  type TableQuestions,
  type Variable,
} from "pushforward";
import type {
  Answer,
  AskColumn,
  AskControl,
  Center,
  ColumnAnswer,
  Given,
  GivenCell,
  GivenText,
} from "../../shared/ask-protocol.ts";
import { csvName, shellWord } from "../../shared/options.ts";
import { PageError } from "../../shared/page-error.ts";
import { MOST_ASKED, type Range } from "../../shared/settings.ts";
import { type ColumnBars, columnBars } from "../table/table-columns.ts";
import type { AskSource } from "./ask-source.ts";

/**
 * The mean of a column of numbers, over cells that are not missing, or its most probable value: numbers on a circle have no
 * mean. Undefined where all cells are missing.
 *
 * @param weights of the rows, with the sum 1. Default: all the same.
 */
function centerOf(variable: Variable, bars: ColumnBars, table: Table, weights?: Float64Array): Center | undefined {
  const { axis } = bars;
  if (axis.kind === "categories" || variable.kind === "circular") {
    const shares = bars.sharesOf(table, weights);
    const share = Math.max(...shares);
    const place = shares.indexOf(share);
    if (!(share > 0)) return undefined;
    return { kind: "most likely", label: axis.kind === "categories" ? (axis.labels[place] ?? "") : middle(), share };

    function middle(): string {
      const [low, high] = axis.kind === "numbers" ? axis.range : [0, 1];
      return `about ${Number((low + ((place + 0.5) * (high - low)) / shares.length).toPrecision(3))}`;
    }
  }
  let [sum, total] = [0, 0];
  for (const [row, value] of bars.valuesOf(table).entries()) {
    if (Number.isNaN(value)) continue;
    const weight = weights?.[row] ?? 1;
    sum += weight * value;
    total += weight;
  }
  if (total === 0) return undefined;
  const value = sum / total;
  return { kind: "mean", value, ...(variable.kind === "date" && { text: writtenDate(variable, value) }) };
}

function writtenDate(variable: Variable, value: number): string {
  const { step = 0 } = variable;
  return cellWriter(variable)(step > 0 ? Math.round(value / step) * step : value);
}

/** Places of a slider. */
const PLACES = 200;
/** 0.0012 / 0.00001 is a little less than 120. */
const ROUNDING = 1e-9;

/** A column that can be given, with the code that draws it. */
interface AskedColumn {
  readonly variable: Variable;
  readonly bars: ColumnBars;
  readonly info: AskColumn;
}

/** How a column is given, and its distribution without conditions. */
function askColumn(source: AskSource, variable: Variable): AskedColumn {
  const { model, rows, samples } = source;
  const bars = columnBars(variable, rows ?? samples);
  const coding = model.columns.find((column) => column.name === variable.name)?.coding;
  const center = centerOf(variable, bars, samples);
  return {
    ...{ variable, bars },
    info: {
      control:
        coding instanceof CategoryCoding
          ? { kind: "category", values: coding.levels ?? coding.categories }
          : numberControl(variable, bars, center?.kind === "mean" ? center.value : undefined),
      canBeMissing: coding?.missingCode !== undefined,
      axis: bars.axis,
      marginal: {
        column: variable.name,
        shares: bars.sharesOf(samples),
        missing: bars.missingOf(samples),
        ...(center && { center }),
      },
    },
  };
}

/** Returns a slider over all numbers of the column, with steps at round numbers or on the column's grid. */
function numberControl(variable: Variable, { axis }: ColumnBars, mean: number | undefined): AskControl {
  const shown: Range = axis.kind === "numbers" ? axis.range : [0, 1];
  const [low, high] = [variable.min ?? shown[0], variable.max ?? shown[1]];
  const { range, step } = sliderOf([low, high], variable);
  const start = Math.min(range[1], Math.max(range[0], mean ?? low));
  return { kind: "number", range, step, start, isText: variable.kind === "date" };
}

/** Returns the bounds of a slider and its step. */
export function sliderOf(
  [low, high]: Range,
  { step: grid = 0, bounds }: Pick<Variable, "step" | "bounds">,
): { readonly range: Range; readonly step: number } {
  if (!(high > low)) return { range: [low, low + (grid || 1)], step: grid || 1 };
  const least = (high - low) / PLACES;
  if (grid > 0) return { range: [low, high], step: grid * Math.max(1, Math.round(least / grid)) };
  const power = Math.floor(Math.log10(least));
  const step = Number(`1e${power}`);
  const round = (value: number): number => Number(value.toFixed(Math.max(0, -power)));
  return {
    range: [
      round(Math.max(bounds?.[0] ?? Number.NEGATIVE_INFINITY, Math.floor(low / step + ROUNDING) * step)),
      round(Math.min(bounds?.[1] ?? Number.POSITIVE_INFINITY, Math.ceil(high / step - ROUNDING) * step)),
    ],
    step,
  };
}

/** Rows of a saved model that meet some conditions, from the command line. */
export function givenCommand(given: readonly Pick<GivenText, "column" | "text">[]): string {
  const terms = given.map(({ column, text }) => `${nameOf(column)}=${csvName(text)}`);
  return `pushforward sample model.safetensors --given ${shellWord(terms.join(","))} -n 1000`;
}

/** Returns the name of a column as written before an operator. */
function nameOf(column: string): string {
  return /[=<>]/.test(column) ? `"${column.replaceAll('"', '""')}"` : csvName(column);
}

/** A cell that is given, as the model has it and as the file writes it. */
interface ReadCell extends GivenText {
  readonly cell: number | string | null;
}

/**
 * Reads a given cell as the command line does, so that the page and its command ask the same.
 *
 * @throws {PageError} it is no value of the column.
 */
export function readGiven(variable: Variable, given: GivenCell): ReadCell {
  const { name } = variable;
  if (given === null) return { column: name, text: "", cell: null };
  const write = cellWriter(variable);
  const text = typeof given === "number" ? write(given) : given;
  const cell = cellOf(variable, text);
  return { column: name, text, cell, ...(typeof cell === "number" && { value: cell }) };
}

function cellOf(variable: Variable, text: string): number | string {
  const { name, min } = variable;
  try {
    const { table } = readVariables({ rows: 1, columns: [{ name, kind: "text", values: [text] }] }, [variable]);
    const cell = table.columns[0]?.values[0];
    if (cell !== undefined && !Number.isNaN(cell)) return cell;
  } catch (error) {
    if (!(error instanceof DataError)) throw error;
  }
  const example = min === undefined ? "" : `, for instance ${cellWriter(variable)(min)}`;
  throw new PageError(`${name}: expected a value as the file writes it${example}, got “${text}”.`);
}

/** Number of rows drawn to prepare the questions: more would take seconds, with little gain in accuracy. */
const ROWS = 2000;
/** Target for the effective number of draws, maximum number of draws, and draws between two breaks for the page. */
const DRAWS = 500;
const MOST_DRAWS = 6000;
const BLOCK = 300;

/** Answers questions to one model, step by step: only the answer to the latest question continues. */
export class Asker {
  readonly source: AskSource;
  private readonly columns: readonly AskedColumn[];
  private readonly key = createKey(0).fold("questions");
  private prepared: Promise<TableQuestions> | undefined;
  private isDisposed = false;
  /** Cells of the last question, and the remaining parts of its answer. */
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
