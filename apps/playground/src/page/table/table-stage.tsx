import type { JSX } from "preact";
import { AskView } from "../ask/ask-view.tsx";
import { tableModel } from "../state.ts";
import { TrainBar } from "../train-bar.tsx";
import { ColumnList } from "./column-list.tsx";
import { ColumnPictures } from "./column-pictures.tsx";
import { PairView } from "./pair-view.tsx";
import { RowsTable } from "./rows-table.tsx";
import { ScoreView } from "./score-view.tsx";
import { TableFigures } from "./table-figures.tsx";

/** A table of any columns: what they are, how they are learned, and what was learned. */
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

/** What happens to a table, in three steps. */
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
