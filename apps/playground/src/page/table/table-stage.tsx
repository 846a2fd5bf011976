import { effect, signal, useSignal } from "@preact/signals";
import type { JSX } from "preact";
import { useEffect } from "preact/hooks";
import type { MarginalPicture, TableColumn, TableScore } from "../../shared/table-protocol.ts";
import { AskView } from "../ask/ask-view.tsx";
import { workers } from "../engine.ts";
import { saveScores } from "../keep.ts";
import { TrainBar } from "../panels/train-panel.tsx";
import { nats } from "../plots/plot-area.ts";
import { columnProgress, isRunning, modelFile, table, tableModel } from "../state.ts";
import { ColumnKind } from "./column-kind.tsx";
import { ColumnLearning } from "./column-learning.tsx";
import { MarginalPlot } from "./marginal-plot.tsx";
import { drawnColumns, PairView } from "./pair-view.tsx";
import { Scroller, SetsLegend } from "./scroller.tsx";
import { MoreButton, percent, RowsTable, TableFigures } from "./table-figures.tsx";

/** A column of the data and of samples: a histogram, or a bar for each category. */
function MarginalFigure({ picture }: { readonly picture: MarginalPicture }): JSX.Element {
  const { column, missing } = picture;
  return (
    <figure class="marginal">
      <figcaption title={column}>{column}</figcaption>
      <MarginalPlot picture={picture} shown="data" />
      {missing !== undefined && (
        <p class="hint">
          missing:{" "}
          {["data", "samples"].flatMap((set) => shareText(set, missing[set as keyof typeof missing])).join(", ")}
        </p>
      )}
    </figure>
  );
}

function shareText(set: string, share: number | undefined): string[] {
  return share === undefined ? [] : [`${set} ${percent(share)}`];
}

/** Columns that are drawn at once. */
const PAGE = 24;

const pictures = signal<readonly MarginalPicture[]>([]);
const shown = signal(PAGE);

/** Each column of the data and of samples. */
function ColumnPictures(): JSX.Element | null {
  useEffect(keepPictures, []);
  if (pictures.value.length === 0) return null;
  return (
    <section class="card" aria-labelledby="pictures-title">
      <div class="card-head">
        <h2 id="pictures-title">Each column</h2>
        <SetsLegend />
      </div>
      <div class="marginals">
        {pictures.value.map((picture) => (
          <MarginalFigure key={picture.column} picture={picture} />
        ))}
      </div>
      <MoreButton shown={shown} count={drawnColumns.value.length} page={PAGE}>
        {(next) => `Draw ${next} more columns`}
      </MoreButton>
    </section>
  );
}

/** Redraws the pictures when the data or the model change. */
function keepPictures(): () => void {
  return effect(() => {
    const count = Math.min(shown.value, drawnColumns.value.length);
    const of = [table.value, tableModel.value] as const;
    if (of[0] === undefined || count === 0) {
      pictures.value = [];
      return;
    }
    void draw(count, of);
  });
}

async function draw(count: number, of: readonly [unknown, unknown]): Promise<void> {
  try {
    const next = await workers().trainer.call(
      "marginals",
      Array.from({ length: count }, (_, place) => place),
    );
    if (table.peek() === of[0] && tableModel.peek() === of[1]) pictures.value = next;
  } catch {
    // The trainer has ended, or has other data by now: both are told elsewhere.
  }
}

/** Columns that are listed at once. */
const STAGE_PAGE = 60;
/** Minimum height of the curve scale in nats, so that noise stays low. */
const LEAST_SCALE = 0.05;

/** Use and learning progress of each column, one line per column. */
function ColumnList(): JSX.Element {
  const shown = useSignal(STAGE_PAGE);
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
      <MoreButton shown={shown} count={columns.length} page={STAGE_PAGE}>
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

/** Gains of the columns; for a model from a file, the stored gains. */
function gainsNow(): ReadonlyMap<string, number> {
  const running = columnProgress.value;
  if (running.size > 0) return new Map([...running].map(([name, { gain }]) => [name, gain]));
  return new Map(tableModel.value?.gains ?? []);
}

/** Scores of the rows of a table by a model from a file. */
function ScoreView({ score }: { readonly score: TableScore }): JSX.Element {
  const { name, rows, meanLogDensity, standardError, note, odd } = score;
  const hasCells = odd.some(({ least }) => least !== undefined);
  return (
    <section class="card score" aria-labelledby="score-title">
      <div class="card-head">
        <h2 id="score-title">Scores of {name}</h2>
        <button type="button" class="small" onClick={() => void saveScores()}>
          Scores, CSV
        </button>
      </div>
      <p>
        Mean log-density{" "}
        <b data-figure="score" data-value={meanLogDensity}>
          {nats(meanLogDensity)}
        </b>{" "}
        {rows > 1 && <>± {standardError.toFixed(3)} </>}
        nats per row, on {rows.toLocaleString("en-US")} {rows === 1 ? "row" : "rows"}.
      </p>
      <p class="hint">
        Below: the rows of the lowest log-density{hasCells && ", and the cell of each that is least expected"}.
      </p>
      {note !== undefined && <p class="hint">{note}</p>}
      <Scroller label="Rows of the lowest density">
        <table class="rows">
          <thead>
            <tr>
              <th scope="col">row</th>
              <th scope="col">log-density</th>
              {hasCells && (
                <>
                  <th scope="col">column</th>
                  <th scope="col">cell</th>
                  <th scope="col">its log-probability</th>
                </>
              )}
            </tr>
          </thead>
          <tbody>
            {odd.map(({ row, logDensity, least }) => (
              <tr key={row}>
                <td>{row.toLocaleString("en-US")}</td>
                <td>{nats(logDensity)}</td>
                {least !== undefined && (
                  <>
                    <td>{least.column}</td>
                    <td class={least.cell === "" ? "missing" : undefined}>{least.cell || "missing"}</td>
                    <td>{nats(least.logProb)}</td>
                  </>
                )}
              </tr>
            ))}
          </tbody>
        </table>
      </Scroller>
    </section>
  );
}

/** Stage for a mixed table: its columns, their learning progress, and the learned model. */
export function TableStage(): JSX.Element {
  return (
    <>
      <TableStory />
      <TrainBar />
      <TableFigures />
      <div class="table-parts">
        {tableModel.value?.score !== undefined && <ScoreView score={tableModel.value.score} />}
        <ColumnList />
        <AskView />
        <ColumnPictures />
        <PairView />
        <RowsTable />
      </div>
    </>
  );
}

/** Explains the steps of table learning, in three steps. */
function TableStory(): JSX.Element {
  return (
    <ol class="story" aria-label="What happens to a table">
      <li>
        <b>Columns.</b> Numbers, categories, dates, and cells that are missing.
      </li>
      <li>
        <b>Learn.</b> Small networks predict each column from those before it; other densities join where they help.
      </li>
      <li>
        <b>Rows.</b> Draw new ones, or score others by their exact log-density.
      </li>
    </ol>
  );
}
