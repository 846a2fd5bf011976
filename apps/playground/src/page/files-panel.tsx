import { useSignal } from "@preact/signals";
import type { JSX } from "preact";
import { CountField } from "./count-field.tsx";
import { copyLink, saveData, saveModel, savePicture, saveSamples } from "./keep.ts";
import { OpenModelButton } from "./open-model-button.tsx";
import { SameRun } from "./same-run.tsx";
import { data, model, view } from "./state.ts";

/** Saves the model, pictures, samples and data, and opens a model. */
export function FilesPanel(): JSX.Element {
  const count = useSignal(1000);
  const isEmpty = model.value === undefined || view.value === undefined;
  return (
    <section class="panel keeping" aria-labelledby="files-title">
      <h2 id="files-title">Save and open</h2>
      <div class="keep">
        <button type="button" disabled={isEmpty} onClick={() => void saveModel()}>
          Save model
        </button>
        <OpenModelButton />
        <button type="button" disabled={isEmpty} onClick={() => void savePicture("svg")}>
          Picture, SVG
        </button>
        <button type="button" disabled={isEmpty} onClick={() => void savePicture("png")}>
          Picture, PNG
        </button>
        <button type="button" disabled={isEmpty} onClick={() => void saveSamples(count.value)}>
          Samples, CSV
        </button>
        <CountField count={count} label="Number of samples" />
        <button type="button" disabled={(data.value?.rows ?? 0) === 0} onClick={() => void saveData()}>
          Data, CSV
        </button>
        <button type="button" onClick={() => void copyLink()}>
          Copy link
        </button>
      </div>
      <SameRun title="The same run in a terminal" text={model.value?.command ?? ""} />
      <SameRun title="The same run in TypeScript" text={model.value?.code ?? ""} />
    </section>
  );
}
