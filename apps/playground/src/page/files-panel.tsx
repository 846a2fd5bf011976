import { useSignal } from "@preact/signals";
import type { ComponentChildren, JSX } from "preact";
import { CountField } from "./count-field.tsx";
import { copyLink, saveData, saveModel } from "./keep.ts";
import { OpenModelButton } from "./open-model-button.tsx";
import { SameRun } from "./same-run.tsx";

/** What a model and its data give to save. */
export interface Savable {
  /** There is no model yet. */
  readonly isEmpty: boolean;
  readonly dataRows: number;
  /** What is drawn from the model: the name of its file, and how its number is called. */
  readonly draws: { readonly title: string; readonly countLabel: string; save(count: number): Promise<void> };
  readonly command: string | undefined;
  readonly code: string | undefined;
  /** More to save, beside the model. */
  readonly children?: ComponentChildren;
}

/** Saves the model, what is drawn from it and the data, opens a model, and shows the same run elsewhere. */
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
