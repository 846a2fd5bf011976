import type { TableSource, Variable } from "@pushforward/columns";
import {
  describeVariable,
  isNumericVariable,
  type PlottedColumn,
  plottedColumn,
  rowBlocks,
  writeCell,
} from "@pushforward/columns/extend";
import type { CsvTable, Table } from "@pushforward/datasets";
import { joinTables } from "@pushforward/datasets/extend";
import type { LoadedModel } from "@pushforward/questions/extend";
import type { CellScores } from "@pushforward/tables";
import { describeMeasure } from "@pushforward/tables/extend";
import type { AnomalyScore } from "pushforward";
import type { ReadOptions } from "../options/read-options.ts";
import { readTable } from "../reading/read-table.ts";

/** The log-densities of some rows. */
export interface RowScores {
  readonly logDensity: Float64Array;
  /** Log-probability of each cell given the earlier cells, by column; empty for a model without densities of cells. */
  readonly cells: readonly CellScores[];
}

/** A column of the model. */
export interface ReportColumn {
  readonly name: string;
  /** Its kind, in a line for people. */
  readonly description: string;
  /** `true` if the model is conditional on it. */
  readonly isGiven: boolean;
  /** How pictures show it, with the frequencies of these rows. */
  plotted(reference: Table): PlottedColumn;
  /** A value as its file has it. */
  write(value: number | string | undefined): string;
}

/** Columns of a model, as needed to fit a second density to the same columns. */
export interface ModelParts {
  /** Names of the learned columns that do not follow from other columns. */
  readonly learned: readonly string[];
  readonly context: readonly string[];
  /** Spacing of the numbers of a column, by its name; 0 for real numbers. */
  readonly steps: ReadonlyMap<string, number>;
}

/** Rows of a file in the form that a model reads. */
export interface ReadRows {
  /** The columns of the model. */
  readonly table: Table;
  /** All that was read. */
  readonly file: CsvTable;
}

/** Model interface of a report. */
export class ReportModel {
  /** In the order of the file. */
  readonly columns: readonly ReportColumn[];
  readonly parts: ModelParts;
  /** Scores how anomalous rows are; undefined of a model without it. */
  readonly anomalies: AnomalyScore | undefined;
  /** Rules that training rows keep. */
  readonly rules: LoadedModel["rules"];
  /** The measure of log-densities, in words. */
  readonly measure: string;
  private readonly model: LoadedModel;

  constructor(model: LoadedModel) {
    this.model = model;
    this.anomalies = model.anomalies;
    this.rules = model.rules;
    this.measure = describeMeasure(model);
    const { columns, context, learned } = model;
    this.columns = learned.map((variable) => columnOf(variable, context.includes(variable.name)));
    const own = columns.filter(({ name, dependent }) => dependent === undefined && !context.includes(name));
    this.parts = {
      ...{ context, learned: own.map(({ name }) => name) },
      steps: new Map([
        ...context.map((name) => [name, 0] as const),
        ...columns.map(({ name, coding }) => [name, coding?.step ?? 0] as const),
      ]),
    };
  }

  /** Reads the columns of the model and the additional columns `others`, which stay unchanged. */
  async read(source: TableSource, { missing }: ReadOptions, others: readonly string[]): Promise<ReadRows> {
    const { model } = this;
    const { kinds = "text", missing: otherwise } = model.reading({ missing, keepOthers: false });
    const texts = Object.fromEntries(others.map((name) => [name, "text"] as const));
    const file = await readTable(source, {
      columns: [...new Set([...model.names, ...others])],
      kinds: typeof kinds === "string" ? kinds : { ...kinds, ...texts },
      missing: otherwise ?? "keep",
    });
    return { table: model.read(file, { file: source.name }), file };
  }

  /**
   * Draws the same number of rows as in a table, given the context in the table. The rows are as `sample` writes rows,
   * so that rounding is judged, too.
   */
  sample(rows: Table, seed: number): Table {
    const { model } = this;
    const options = model.context.length > 0 ? { count: 1, seed, context: rows } : { count: rows.rows, seed };
    const blocks = Array.from(model.draw(options), (block) => model.read(block));
    return joinTables(blocks) ?? { rows: 0, columns: rows.columns };
  }

  score(rows: Table): RowScores {
    const logDensity = new Float64Array(rows.rows);
    const cells = new Map<string, Float64Array>();
    let from = 0;
    for (const block of rowBlocks(rows, this.columns.length)) {
      const { scores, cells: own = [] } = this.model.score(block);
      logDensity.set(scores, from);
      for (const { name, values } of own) {
        if (!cells.has(name)) cells.set(name, new Float64Array(rows.rows));
        cells.get(name)?.set(values, from);
      }
      from += block.rows;
    }
    return { logDensity, cells: Array.from(cells, ([name, values]) => ({ name, values })) };
  }
}

function columnOf(variable: Variable, isGiven: boolean): ReportColumn {
  const { name, kind, rows } = variable;
  // A file that tells only the names of columns has no numbers to describe.
  const described = rows > 0 ? describeVariable(variable).slice(name.length + 2) : undefined;
  return {
    name,
    isGiven,
    description: described ?? (isNumericVariable(variable) ? "number" : kind),
    plotted: (reference) => plottedColumn(variable, reference),
    write: (value) => writeCell(variable, value),
  };
}

/** A cell of a table as its file has it, or that it is missing. */
export function writtenCell(table: Table, columns: readonly ReportColumn[], name: string, row: number): string {
  const column = table.columns.find((candidate) => candidate.name === name);
  const described = columns.find((candidate) => candidate.name === name);
  if (column === undefined || described === undefined) return "";
  const isMissing = column.kind === "text" ? column.missing?.has(row) : Number.isNaN(column.values[row]);
  return isMissing ? "missing" : described.write(column.values[row]);
}
