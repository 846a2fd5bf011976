import { useSignal } from "@preact/signals";
import type { JSX } from "preact";
import { copy, copyLink, openFile, saveData, saveModel, savePicture, saveSamples } from "./keep.ts";
import { data, isRunning, model, view } from "./state.ts";

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
        <label class="file">
          <input
            type="file"
            disabled={isRunning.value}
            onChange={(event) => {
              const chosen = event.currentTarget.files?.[0];
              if (chosen !== undefined) void openFile(chosen);
              event.currentTarget.value = "";
            }}
          />
          <span>Open model</span>
        </label>
        <button type="button" disabled={isEmpty} onClick={() => void savePicture("svg")}>
          Picture, SVG
        </button>
        <button type="button" disabled={isEmpty} onClick={() => void savePicture("png")}>
          Picture, PNG
        </button>
        <button type="button" disabled={isEmpty} onClick={() => void saveSamples(count.value)}>
          Samples, CSV
        </button>
        <label class="inline">
          <span class="unseen">Number of samples</span>
          <input
            type="number"
            min={1}
            max={1_000_000}
            value={count.value}
            onChange={(event) => {
              const value = Math.round(Number(event.currentTarget.value));
              count.value = Math.min(1_000_000, Math.max(1, Number.isFinite(value) ? value : 1000));
              event.currentTarget.value = String(count.value);
            }}
          />
        </label>
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

/** The run of the page as text to copy; nothing for a model from a file. */
function SameRun({ title, text }: { readonly title: string; readonly text: string }): JSX.Element | null {
  if (text === "") return null;
  return (
    <details class="more">
      <summary>{title}</summary>
      <pre class="command">
        <code>{text}</code>
      </pre>
      <p class="hint">
        The same rows, first weights and batches. Rounding differs between engines, so the result can differ slightly.
      </p>
      <button type="button" class="small" onClick={() => void copy(text, "text")}>
        Copy
      </button>
    </details>
  );
}
