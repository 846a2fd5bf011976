import { useSignal } from "@preact/signals";
import type { JSX } from "preact";
import {
  data,
  inform,
  isRunning,
  model,
  openFile,
  saveData,
  saveModel,
  savePicture,
  saveSamples,
  view,
} from "./session.ts";

/** Takes the model and what it gives away from here, and brings one back. */
export function FilesPanel(): JSX.Element {
  const count = useSignal(1000);
  const isEmpty = model.value === undefined || view.value === undefined;
  return (
    <section class="panel keeping" aria-labelledby="files-title">
      <h2 id="files-title">Keep</h2>
      <div class="keep">
        <button type="button" disabled={isEmpty} onClick={() => void saveModel()}>
          Model
        </button>
        <label class="file">
          <input
            type="file"
            accept=".safetensors"
            disabled={isRunning.value}
            onChange={(event) => {
              const chosen = event.currentTarget.files?.[0];
              if (chosen !== undefined) void openFile(chosen);
              event.currentTarget.value = "";
            }}
          />
          <span>Open a model</span>
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
        <button type="button" onClick={() => void copy(location.href, "The link is copied. It reproduces this run.")}>
          Copy link
        </button>
      </div>
      {model.value !== undefined && model.value.command !== "" && (
        <details class="more">
          <summary>The same run in a terminal</summary>
          <pre class="command">
            <code>{model.value.command}</code>
          </pre>
          <button
            type="button"
            class="small"
            onClick={() => void copy(model.value?.command ?? "", "The command is copied.")}
          >
            Copy
          </button>
        </details>
      )}
    </section>
  );
}

async function copy(text: string, done: string): Promise<void> {
  try {
    await navigator.clipboard.writeText(text);
    inform(done);
  } catch {
    inform(`This browser does not let the page copy: ${text}`);
  }
}
