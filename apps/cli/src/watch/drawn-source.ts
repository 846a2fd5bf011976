import type { TableSource } from "@pushforward/columns";
import type { CsvTable, Table } from "@pushforward/datasets";
import type { TableModel } from "@pushforward/tables";

/** Rows drawn from a model without context, as the rows of a file. */
export function drawnSource(model: TableModel, count: number, seed: number): TableSource {
  return {
    name: "rows drawn from the model",
    chunks: async function* () {
      let before = 0;
      for (const table of model.draw({ count, seed })) {
        yield asCsvTable(table, before);
        before += table.rows;
      }
    },
  };
}

function asCsvTable(table: Table, before: number): CsvTable {
  const rowNumbers = Float64Array.from({ length: table.rows }, (_, i) => before + i + 1);
  return { ...table, dropped: 0, droppedBy: new Map(), rowNumbers };
}
