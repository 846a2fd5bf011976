import { type Signal, useSignal } from "@preact/signals";
import type { ComponentChildren, JSX } from "preact";
import { copyLink, openFile, saveData, saveModel } from "./keep.ts";
import { SameRun } from "./panels/train-panel.tsx";
import { isRunning } from "./state.ts";

const MOST = 1_000_000;

/** Field for the number of samples to save. */
function CountField({ count, label }: { readonly count: Signal<number>; readonly label: string }): JSX.Element {
  return (
    <label class="inline">
      <span class="unseen">{label}</span>
      <input
        type="number"
        min={1}
        max={MOST}
        value={count.value}
        onChange={(event) => {
          const value = Math.round(Number(event.currentTarget.value));
          count.value = Math.min(MOST, Math.max(1, Number.isFinite(value) ? value : 1000));
          event.currentTarget.value = String(count.value);
        }}
      />
    </label>
  );
}

/** Opens a model file. */
function OpenModelButton(): JSX.Element {
  return (
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
  );
}

/** Savable parts of a model and its data. */
export interface Savable {
  /** True if no model exists yet. */
  readonly isEmpty: boolean;
  readonly dataRows: number;
  /** Draws from the model: the title of the file, and the label of the count. */
  readonly draws: { readonly title: string; readonly countLabel: string; save(count: number): Promise<void> };
  readonly command: string | undefined;
  readonly code: string | undefined;
  /** Further controls for saving, next to the model. */
  readonly children?: ComponentChildren;
}

/** Saves the model, draws from it and the data, opens a model, and shows code for the same run. */
export function FilesPanel({ isEmpty, dataRows, draws, command, code, children }: Savable): JSX.Element {
  const count = useSignal(1000);
  return (
    <section class="panel keeping" aria-labelledby="files-title">
      <h2 id="files-title">Save and open</h2>
      <div class="keep">
        <button type="button" disabled={isEmpty} onClick={() => void saveModel()}>
          Save model
        </button>
        <OpenModelButton />
        {children}
        <button type="button" disabled={isEmpty} onClick={() => void draws.save(count.value)}>
          {draws.title}
        </button>
        <CountField count={count} label={draws.countLabel} />
        <button type="button" disabled={dataRows === 0} onClick={() => void saveData()}>
          Data, CSV
        </button>
        <button type="button" onClick={() => void copyLink()}>
          Copy link
        </button>
      </div>
      <SameRun title="The same run in a terminal" text={command ?? ""} />
      <SameRun title="The same run in TypeScript" text={code ?? ""} />
    </section>
  );
}
