import type { JSX } from "preact";
import { FilesPanel } from "./files-panel.tsx";
import { savePicture, saveSamples } from "./keep.ts";
import { data, model, view } from "./state.ts";

const SAMPLES = { title: "Samples, CSV", countLabel: "Number of samples", save: saveSamples };

/** What is saved and opened beside a flow: pictures, too. */
export function FlowFiles(): JSX.Element {
  const isEmpty = model.value === undefined || view.value === undefined;
  const { command, code } = model.value ?? {};
  return (
    <FilesPanel isEmpty={isEmpty} dataRows={data.value?.rows ?? 0} draws={SAMPLES} command={command} code={code}>
      <button type="button" disabled={isEmpty} onClick={() => void savePicture("svg")}>
        Picture, SVG
      </button>
      <button type="button" disabled={isEmpty} onClick={() => void savePicture("png")}>
        Picture, PNG
      </button>
    </FilesPanel>
  );
}
