import { useSignal } from "@preact/signals";
import type { JSX } from "preact";
import { BackendChoice } from "../backend-choice.tsx";
import { CountField } from "../count-field.tsx";
import { copyLink, saveData, saveModel, saveRows } from "../keep.ts";
import { NumberField } from "../number-field.tsx";
import { OpenModelButton } from "../open-model-button.tsx";
import { SameRun } from "../same-run.tsx";
import { isRunning, table, tableModel } from "../state.ts";
import { ThreadsField } from "../threads-field.tsx";

/** How a table is learned, and what is saved and opened. */
export function TablePanels(): JSX.Element {
  return (
    <>
      <TrainingPanel />
      <FilesPanel />
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

function FilesPanel(): JSX.Element {
  const count = useSignal(1000);
  const isEmpty = tableModel.value === undefined || isRunning.value;
  return (
    <section class="panel keeping" aria-labelledby="files-title">
      <h2 id="files-title">Save and open</h2>
      <div class="keep">
        <button type="button" disabled={isEmpty} onClick={() => void saveModel()}>
          Save model
        </button>
        <OpenModelButton />
        <button type="button" disabled={isEmpty} onClick={() => void saveRows(count.value)}>
          Rows, CSV
        </button>
        <CountField count={count} label="Number of rows to draw" />
        <button type="button" disabled={(table.value?.rows ?? 0) === 0} onClick={() => void saveData()}>
          Data, CSV
        </button>
        <button type="button" onClick={() => void copyLink()}>
          Copy link
        </button>
      </div>
      <SameRun title="The same run in a terminal" text={table.value?.command ?? ""} />
      <SameRun title="The same run in TypeScript" text={table.value?.code ?? ""} />
    </section>
  );
}
