import { useSignal } from "@preact/signals";
import type { JSX } from "preact";
import type { TableColumn } from "../../shared/table-protocol.ts";
import { columnProgress, isRunning, modelFile, table, tableModel } from "../state.ts";
import { ColumnKind } from "./column-kind.tsx";
import { ColumnLearning } from "./column-learning.tsx";
import { MoreButton } from "./more-button.tsx";

/** Columns that are listed at once. */
const PAGE = 60;
/** The height of a curve is at least so many nats: noise stays low. */
const LEAST_SCALE = 0.05;

/** What each column became, and how it is learned: one line for each. */
export function ColumnList(): JSX.Element {
  const shown = useSignal(PAGE);
  const { columns = [] } = table.value ?? {};
  const gains = gainsNow();
  const learned = columns.filter(({ use }) => use === "learned");
  const most = learned.reduce((highest, { name }) => Math.max(highest, gains.get(name) ?? 0), LEAST_SCALE);
  return (
    <section class="card column-card" aria-labelledby="columns-title">
      <div class="card-head">
        <h2 id="columns-title">Columns</h2>
        <p class="hint">{summary(columns)}</p>
      </div>
      <ul class="column-list">
        {columns.slice(0, shown.value).map((column) => (
          <li key={column.name} class={column.use}>
            <ColumnName column={column} />
            {modelFile.value === undefined ? (
              <ColumnKind column={column} isDisabled={isRunning.value} />
            ) : (
              <span class="column-kind">{column.kind}</span>
            )}
            <ColumnLearning column={column} gain={gains.get(column.name)} most={most} />
          </li>
        ))}
      </ul>
      <MoreButton shown={shown} count={columns.length} page={PAGE}>
        {(next) => `Show ${next} more of ${columns.length.toLocaleString("en-US")} columns`}
      </MoreButton>
    </section>
  );
}

function ColumnName({ column }: { readonly column: TableColumn }): JSX.Element {
  const { name, detail, notes } = column;
  return (
    <div class="column-name">
      <b title={name}>{name}</b>
      {detail !== "" && <span>{detail}</span>}
      {notes.map((note) => (
        <small key={note}>{note}</small>
      ))}
    </div>
  );
}

function summary(columns: readonly TableColumn[]): string {
  const count = (use: TableColumn["use"]): number => columns.filter((column) => column.use === use).length;
  const parts = [
    [count("learned"), "learned"],
    [count("follows"), "computed from others"],
    [count("kept"), "not learned"],
    [count("left"), "left out"],
  ] as const;
  return parts
    .filter(([number]) => number > 0)
    .map(([number, what]) => `${number.toLocaleString("en-US")} ${what}`)
    .join(", ");
}

/** Of a model from a file its file tells. */
function gainsNow(): ReadonlyMap<string, number> {
  const running = columnProgress.value;
  if (running.size > 0) return new Map([...running].map(([name, { gain }]) => [name, gain]));
  return new Map(tableModel.value?.gains ?? []);
}
