import type { JSX } from "preact";
import { FilesPanel } from "../files-panel.tsx";
import { saveRows } from "../keep.ts";
import { BackendChoice, NumberField, ThreadsField } from "../panels/train-panel.tsx";
import { isRunning, table, tableModel } from "../state.ts";

const ROWS = { title: "Rows, CSV", countLabel: "Number of rows to draw", save: saveRows };

/** Panels for learning, saving and opening tables. */
export function TablePanels(): JSX.Element {
  return (
    <>
      <TrainingPanel />
      <TableFiles />
    </>
  );
}

function TrainingPanel(): JSX.Element {
  return (
    <section class="panel" aria-labelledby="train-title">
      <h2 id="train-title">Training</h2>
      <BackendChoice />
      <details class="more">
        <summary>Training options</summary>
        <fieldset disabled={isRunning.value}>
          <legend class="unseen">Training options</legend>
          <NumberField name="members" />
          <NumberField name="epochs" />
          <ThreadsField />
          <NumberField name="seed" />
        </fieldset>
      </details>
    </section>
  );
}

function TableFiles(): JSX.Element {
  const isEmpty = tableModel.value === undefined || isRunning.value;
  const { rows = 0, command, code } = table.value ?? {};
  return <FilesPanel isEmpty={isEmpty} dataRows={rows} draws={ROWS} command={command} code={code} />;
}
