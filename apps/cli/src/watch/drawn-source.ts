import { type DescribedModel, isTableDensity } from "@pushforward/questions/extend";
import { sampleBlocks, sampleColumns, sampleDensity, type TableDensityModel } from "@pushforward/tables/extend";
import type { CsvTable, Table, TableSource } from "pushforward";

/** Rows drawn from a model without given columns, as the rows of a file. */
export function drawnSource(model: DescribedModel | TableDensityModel, count: number, seed: number): TableSource {
  return {
    name: "rows drawn from the model",
    chunks: async function* () {
      let before = 0;
      for (const table of drawnTables(model, count, seed)) {
        yield asCsvTable(table, before);
        before += table.rows;
      }
    },
  };
}

function* drawnTables(model: DescribedModel | TableDensityModel, count: number, seed: number): Generator<Table> {
  if (isTableDensity(model)) {
    yield* sampleDensity(model, { count, seed });
    return;
  }
  for (const { samples } of sampleBlocks(model.flow, { count, seed })) {
    yield { rows: samples.shape[0] as number, columns: sampleColumns(model.schema, samples) };
  }
}

function asCsvTable(table: Table, before: number): CsvTable {
  const rowNumbers = Float64Array.from({ length: table.rows }, (_, i) => before + i + 1);
  return { ...table, dropped: 0, droppedBy: new Map(), rowNumbers };
}
