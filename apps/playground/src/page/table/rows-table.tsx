import { effect, signal } from "@preact/signals";
import type { JSX } from "preact";
import { useEffect } from "preact/hooks";
import type { TableCells } from "../../shared/table-protocol.ts";
import { attempt } from "../attempt.ts";
import { workers } from "../session.ts";
import { isRunning, settings, table, tableModel } from "../state.ts";
import { drawnColumns } from "./drawn-columns.ts";
import { Scroller } from "./scroller.tsx";

/** Rows that are drawn to be shown. */
const SHOWN = 8;

const drawn = signal<TableCells | undefined>(undefined);
/** How often the visitor has drawn: each time other rows. */
let times = 0;

/** Rows of the file, and rows that the model has drawn, in the same columns. */
export function RowsTable(): JSX.Element | null {
  useEffect(keepRows, []);
  const info = table.value;
  if (info === undefined || info.preview.columns.length === 0) return null;
  const { preview, name } = info;
  const samples = drawn.value;
  const columns = preview.columns;
  return (
    <section class="card" aria-labelledby="rows-title">
      <div class="card-head">
        <h2 id="rows-title">Rows</h2>
        <button
          type="button"
          class="small"
          disabled={tableModel.value === undefined || isRunning.value}
          onClick={() => void draw()}
        >
          {samples === undefined ? "Draw rows" : "Draw other rows"}
        </button>
      </div>
      <Scroller label="Rows of the file, and rows that were drawn">
        <table class="rows">
          <thead>
            <tr>
              {columns.map((column) => (
                <th key={column} scope="col">
                  {column}
                </th>
              ))}
            </tr>
          </thead>
          {preview.rows.length > 0 && <Body title={`Rows of ${name}`} set="data" cells={preview} />}
          {samples !== undefined && <Body title="Rows drawn from the model" set="samples" cells={samples} />}
        </table>
      </Scroller>
      {columns.length < drawnColumns.value.length && (
        <p class="hint">
          The first {columns.length} of {drawnColumns.value.length.toLocaleString("en-US")} columns.
        </p>
      )}
      {tableModel.value === undefined && <p class="hint">Train to draw rows that the model has never seen.</p>}
    </section>
  );
}

function Body({
  title,
  set,
  cells,
}: {
  readonly title: string;
  readonly set: "data" | "samples";
  readonly cells: TableCells;
}): JSX.Element {
  return (
    <tbody class={set}>
      <tr>
        <th scope="rowgroup" colSpan={cells.columns.length}>
          <span>{title}</span>
        </th>
      </tr>
      {cells.rows.map((row, i) => (
        // Rows have no name of their own.
        <tr key={`${i} ${row.join()}`}>
          {row.map((cell, j) => (
            <td key={cells.columns[j]} class={cell === "" ? "missing" : undefined}>
              {cell === "" ? "missing" : cell}
            </td>
          ))}
        </tr>
      ))}
    </tbody>
  );
}

/** Draws rows of each new model. */
function keepRows(): () => void {
  return effect(() => {
    const model = tableModel.value;
    drawn.value = undefined;
    times = 0;
    if (model !== undefined) void draw();
  });
}

async function draw(): Promise<void> {
  const model = tableModel.peek();
  const request = { count: SHOWN, seed: settings.peek().seed + times };
  times++;
  await attempt(async () => {
    const next = await workers().trainer.call("drawRows", request);
    if (tableModel.peek() === model) drawn.value = next;
  });
}
