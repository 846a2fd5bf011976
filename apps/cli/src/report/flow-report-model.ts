import { type PlottedColumn, plottedColumn } from "@pushforward/columns/extend";
import type { DescribedModel } from "@pushforward/questions/extend";
import {
  contextNames,
  contextRows,
  sampleBlocks,
  sampleColumns,
  schemaKinds,
  schemaNames,
  tableRows,
} from "@pushforward/tables/extend";
import { type AnomalyScore, type Column, logProbRows, type Table, type TableSource, type Variable } from "pushforward";
import type { ReadOptions } from "../options/read-options.ts";
import { readTable } from "../reading/read-table.ts";
import type { ModelParts, ReadRows, ReportColumn, ReportModel, RowScores } from "./report-model.ts";

/** A flow of numeric columns, as a report asks it. */
export class FlowReportModel implements ReportModel {
  readonly columns: readonly ReportColumn[];
  readonly parts: ModelParts;
  readonly anomalies: AnomalyScore | undefined;
  private readonly model: DescribedModel;

  constructor(model: DescribedModel, anomalies: AnomalyScore | undefined) {
    this.model = model;
    this.anomalies = anomalies;
    const { schema } = model;
    this.columns = [
      ...schema.columns.map((name) => columnOf(name, "number", false)),
      ...schema.context.map(({ name, kind }) => columnOf(name, kind, true)),
    ];
    this.parts = {
      ...{ learned: schema.columns, given: contextNames(schema) },
      steps: new Map(schemaNames(schema).map((name) => [name, 0])),
    };
  }

  async read(source: TableSource, { missing }: ReadOptions, others: readonly string[]): Promise<ReadRows> {
    const { schema } = this.model;
    const names = schemaNames(schema);
    const kinds = { ...schemaKinds(schema), ...Object.fromEntries(others.map((name) => [name, "text"] as const)) };
    const columns = [...new Set([...names, ...others])];
    const file = await readTable(source, { columns, kinds, missing: missing ?? "error" });
    // The same check, and the same error, as before scoring.
    tableRows(file, schema, source.name);
    return { table: { rows: file.rows, columns: pickColumns(file, names) }, file };
  }

  sample(rows: Table, seed: number): Table {
    const { flow, schema } = this.model;
    const isConditional = schema.context.length > 0;
    const options = isConditional
      ? { count: 1, seed, contexts: contextRows(rows, schema) }
      : { count: rows.rows, seed };
    const blocks = Array.from(sampleBlocks(flow, options), ({ samples }) => sampleColumns(schema, samples));
    const drawn = schema.columns.map((name, j): Column => {
      const values = new Float64Array(rows.rows);
      let from = 0;
      for (const block of blocks) {
        const piece = block[j]?.values ?? new Float64Array(0);
        values.set(piece, from);
        from += piece.length;
      }
      return { name, kind: "number", values };
    });
    return { rows: rows.rows, columns: [...drawn, ...pickColumns(rows, contextNames(schema))] };
  }

  score(rows: Table): RowScores {
    const { flow, schema } = this.model;
    const { x, context } = tableRows(rows, schema);
    return { logDensity: logProbRows(flow, x, context), cells: [] };
  }
}

function pickColumns({ columns }: Table, names: readonly string[]): Column[] {
  return names.flatMap((name) => columns.filter((column) => column.name === name));
}

function columnOf(name: string, kind: "number" | "category", isGiven: boolean): ReportColumn {
  const variable: Pick<Variable, "name" | "kind"> = { name, kind: kind === "number" ? "real" : "category" };
  return {
    name,
    isGiven,
    description: kind,
    plotted: (reference): PlottedColumn => plottedColumn(variable as Variable, reference),
    write: (value) => (value === undefined || Number.isNaN(value) ? "" : String(value)),
  };
}
