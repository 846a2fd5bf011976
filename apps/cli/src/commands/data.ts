import { formatCsv } from "@pushforward/datasets";
import { writeTable } from "@pushforward/files";
import { earthquakes, penguins, type Table } from "pushforward";
import { checkTarget, written } from "../output/check-target.ts";
import { print, say } from "../output/terminal.ts";
import { located } from "../run/program-io.ts";

const TABLES: Readonly<Record<"earthquakes" | "penguins", () => Table>> = {
  earthquakes,
  penguins: penguinsWithMissingCells,
};

/** Runs `pushforward data`. */
export async function runData(
  name: keyof typeof TABLES,
  { out = `${name}.csv`, force }: { readonly out?: string; readonly force?: boolean },
): Promise<void> {
  const table = TABLES[name]();
  if (out === "-") return await print(formatCsv(table));
  const isReplaced = await checkTarget({ path: out, inputs: [], replaces: "rows", force });
  await writeTable(located(out), table);
  say(`${table.rows} rows: ${written(out, isReplaced)}`);
}

/** The library writes "unknown" for a sex that was not recorded. A missing cell needs no `--na`. */
function penguinsWithMissingCells(): Table {
  const { rows, columns } = penguins();
  return {
    rows,
    columns: columns.map((column) => {
      if (column.name !== "sex" || column.kind === "number") return column;
      const missing = new Set([...column.values.keys()].filter((row) => column.values[row] === "unknown"));
      return { ...column, values: column.values.map((text) => (text === "unknown" ? "" : text)), missing };
    }),
  };
}
