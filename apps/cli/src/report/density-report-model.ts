import { describeVariable, plottedColumn, rowBlocks, writeCell } from "@pushforward/columns/extend";
import { sampleDensity, sumCells, type TableDensityModel } from "@pushforward/tables/extend";
import { type AnomalyScore, readVariables, type Table, type TableSource, type Variable } from "pushforward";
import type { ReadOptions } from "../options/read-options.ts";
import { readTable } from "../reading/read-table.ts";
import type { ModelParts, ReadRows, ReportColumn, ReportModel, RowScores } from "./report-model.ts";

/** The density of a table of any columns, as a report asks it. */
export class DensityReportModel implements ReportModel {
  readonly columns: readonly ReportColumn[];
  readonly parts: ModelParts;
  readonly anomalies: AnomalyScore | undefined;
  private readonly model: TableDensityModel;

  constructor(model: TableDensityModel, anomalies: AnomalyScore | undefined) {
    this.model = model;
    this.anomalies = anomalies;
    const { columns, given } = model.density;
    this.columns = model.learned.map((variable) => columnOf(variable, given.includes(variable.name)));
    const own = columns.filter(({ dependent, isGiven }) => dependent === undefined && isGiven !== true);
    this.parts = {
      ...{ given, learned: own.map(({ name }) => name) },
      steps: new Map(columns.map(({ name, coding }) => [name, coding.step])),
    };
  }

  async read(source: TableSource, { missing }: ReadOptions, others: readonly string[]): Promise<ReadRows> {
    const { learned } = this.model;
    const columns = [...new Set([...learned.map(({ name }) => name), ...others])];
    const file = await readTable(source, { columns, kinds: "text", missing: missing ?? "keep" });
    return { table: readVariables(file, learned, { file: source.name }).table, file };
  }

  /** As `sample` writes them: rounding and words are part of what is judged. */
  sample(rows: Table, seed: number): Table {
    const { learned, density } = this.model;
    const isConditional = density.given.length > 0;
    const options = isConditional ? { count: 1, seed, given: rows } : { count: rows.rows, seed };
    const blocks = Array.from(sampleDensity(this.model, options), (block) => readVariables(block, learned).table);
    return {
      rows: rows.rows,
      columns: learned.map(({ name }) =>
        joinColumn(blocks.flatMap(({ columns }) => columns.filter((c) => c.name === name))),
      ),
    };
  }

  score(rows: Table): RowScores {
    const { density, learned } = this.model;
    const logDensity = new Float64Array(rows.rows);
    const cells = density.columns.map(({ name }) => ({ name, values: new Float64Array(rows.rows) }));
    let from = 0;
    for (const block of rowBlocks(rows, learned.length)) {
      const byColumn = density.cellLogProb(block);
      logDensity.set(sumCells(byColumn, block.rows), from);
      for (const [k, values] of byColumn.entries()) cells[k]?.values.set(values, from);
      from += block.rows;
    }
    return { logDensity, cells: cells.filter(({ name }) => !density.given.includes(name)) };
  }
}

function columnOf(variable: Variable, isGiven: boolean): ReportColumn {
  const { name } = variable;
  return {
    name,
    isGiven,
    description: describeVariable(variable).slice(name.length + 2),
    plotted: (reference) => plottedColumn(variable, reference),
    write: (value) => writeCell(variable, value),
  };
}

/** The pieces of a column, one after the other. */
function joinColumn(pieces: Table["columns"]): Table["columns"][number] {
  const [first] = pieces;
  if (first === undefined || pieces.length === 1) return first as Table["columns"][number];
  const { name, kind } = first;
  if (kind === "number")
    return { name, kind, values: Float64Array.from(pieces.flatMap(({ values }) => [...values] as number[])) };
  const values: string[] = [];
  const missing = new Set<number>();
  for (const piece of pieces) {
    if (piece.kind !== "text") continue;
    for (const row of piece.missing ?? []) missing.add(values.length + row);
    values.push(...piece.values);
  }
  return { name, kind, values, ...(missing.size > 0 && { missing }) };
}
