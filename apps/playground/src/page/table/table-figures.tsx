import { effect, type Signal, signal } from "@preact/signals";
import type { JSX } from "preact";
import { useEffect } from "preact/hooks";
import type { TableCells } from "../../shared/table-protocol.ts";
import { attempt } from "../attempt.ts";
import { workers } from "../engine.ts";
import { nats } from "../plots/plot-area.ts";
import {
  backend,
  busy,
  columnProgress,
  isRunning,
  phase,
  settings,
  table,
  tableModel,
  tableProgress,
} from "../state.ts";
import { drawnColumns } from "./pair-view.tsx";
import { Scroller } from "./scroller.tsx";

/** The numbers of the training of a table. */
export function TableFigures(): JSX.Element {
  const model = tableModel.value;
  const now = tableProgress.value;
  const rows = model?.validationRows ?? now?.validationRows;
  return (
    <dl class="figures">
      <div class="hero">
        <dt>Gain over independent columns</dt>
        <Value name="gain" value={gain()} />
        <dd class="note">
          {rows === undefined || rows === 0
            ? "nats per row; higher is better"
            : `nats per row, on ${whole(rows)} validation rows`}
        </dd>
      </div>
      <div>
        <dt>Validation loss</dt>
        <Value name="held" value={model?.validationNll} />
        <dd class="note">mean −log density</dd>
      </div>
      <div>
        <dt>Independent columns</dt>
        <Value name="marginal" value={model?.marginalNll} />
        <dd class="note">on the same rows</dd>
      </div>
      <div>
        <dt>Columns learned</dt>
        <dd data-figure="columns">{columnsText()}</dd>
        <dd class="note">{stateNote()}</dd>
      </div>
      <div>
        <dt>Step</dt>
        <dd data-figure="step">{whole(now?.step ?? 0)}</dd>
        <dd class="note">{rateNote()}</dd>
      </div>
    </dl>
  );
}

/** A figure in nats; all of its digits are in its title. */
function Value({ name, value }: { readonly name: string; readonly value: number | undefined }): JSX.Element {
  return (
    <dd data-figure={name} title={value === undefined ? undefined : `${value} nats per row`} data-value={value}>
      {nats(value)}
    </dd>
  );
}

/** Gain of the model; during training, gain of the columns so far. */
function gain(): number | undefined {
  const { validationNll, marginalNll } = tableModel.value ?? {};
  if (validationNll !== undefined && marginalNll !== undefined) return marginalNll - validationNll;
  if (tableProgress.value === undefined) return undefined;
  let sum = 0;
  for (const column of columnProgress.value.values()) sum += column.gain;
  return sum;
}

function columnsText(): string {
  const all = table.value?.columns.filter(({ use }) => use === "learned" || use === "follows").length ?? 0;
  const now = tableProgress.value;
  if (now === undefined) return whole(all);
  return `${whole(now.done)} of ${whole(now.total)}`;
}

function stateNote(): string {
  if (busy.value !== "") return `${busy.value.toLowerCase()} …`;
  const model = tableModel.value;
  if (model?.file !== undefined) return "from a file";
  if (phase.value === "training") return "training";
  if (phase.value === "paused") return "paused";
  if (phase.value === "ready") return "ready";
  if (model?.isStopped) return "stopped by you";
  return model?.seconds === undefined ? "done" : `done in ${model.seconds.toFixed(model.seconds < 10 ? 1 : 0)} s`;
}

function rateNote(): string {
  const rate = tableProgress.value?.stepsPerSecond ?? 0;
  const name = backend.value?.name ?? "";
  if (rate > 0) return `${whole(Math.round(rate))} per second, ${name}`;
  const parameters = tableModel.value?.parameters;
  return parameters === undefined ? (name === "" ? "" : `on ${name}`) : `${whole(parameters)} parameters`;
}

function whole(value: number): string {
  return value.toLocaleString("en-US");
}

/** A share in percent, in two or three digits. */
export function percent(share: number): string {
  return `${Number((100 * share).toPrecision(share < 0.1 ? 2 : 3))}%`;
}

/** Shows the next page of a long list. Absent if the list is complete. */
export function MoreButton({
  shown,
  count,
  page,
  children,
}: {
  /** Number of visible entries. */
  readonly shown: Signal<number>;
  readonly count: number;
  readonly page: number;
  /** Returns the button text for the number of entries that follow. */
  children(next: number): string;
}): JSX.Element | null {
  const left = count - shown.value;
  if (left <= 0) return null;
  return (
    <button
      type="button"
      class="small"
      onClick={() => {
        shown.value += page;
      }}
    >
      {children(Math.min(page, left))}
    </button>
  );
}

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
