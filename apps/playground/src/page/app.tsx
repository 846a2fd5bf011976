import { signal, useSignal, useSignalEffect } from "@preact/signals";
import type { ComponentChildren, JSX } from "preact";
import { useEffect } from "preact/hooks";
import { type ArchitectureName, architectureNames, architectures } from "pushforward";
import { report } from "./attempt.ts";
import { BendView } from "./bend-view.tsx";
import { changeFlow } from "./changes.ts";
import { DataPanel } from "./data-panel.tsx";
import { DensityView } from "./density-view.tsx";
import { Figures } from "./figures.tsx";
import { FilesPanel } from "./files-panel.tsx";
import { HelpButton } from "./help.tsx";
import { openFile, pairPicture, savePicture, saveSamples } from "./keep.ts";
import { LossChart } from "./loss-chart.tsx";
import { NumberField, TrainBar, TrainPanel } from "./panels/train-panel.tsx";
import {
  askable,
  busy,
  context,
  data,
  isRunning,
  model,
  notice,
  outcome,
  phase,
  progress,
  settings,
  table,
  tableProgress,
  view,
} from "./state.ts";
import { theme, toggleTheme } from "./theme.ts";

/** Error or information for the visitor, and a training message for screen readers. */
function NoticeBar(): JSX.Element {
  const current = notice.value;
  return (
    <>
      <p class="unseen" role="status">
        {statusText()}
      </p>
      <div class="notices" role="alert">
        {current !== undefined && (
          <div class={`notice ${current.kind}`}>
            <p>{current.text}</p>
            {current.action !== undefined && (
              <button
                type="button"
                onClick={() => {
                  const { action } = current;
                  notice.value = undefined;
                  action?.run();
                }}
              >
                {current.action.label}
              </button>
            )}
            <button
              type="button"
              class="plain"
              aria-label="Dismiss"
              onClick={() => {
                notice.value = undefined;
              }}
            >
              ✕
            </button>
          </div>
        )}
      </div>
    </>
  );
}

function statusText(): string {
  if (busy.value !== "") return `${busy.value}.`;
  if (phase.value === "training") return "Training.";
  if (phase.value === "paused") return `Paused at step ${(tableProgress.value ?? progress.value)?.step ?? 0}.`;
  return phase.value === "finished" ? "Training has ended." : "Ready to train.";
}

/** Pairs of all columns, data next to samples, for models with more than two columns. */
function PairPlot(): JSX.Element | null {
  const address = useSignal<string | undefined>(undefined);
  const isWorking = useSignal(false);
  // What it shows is that of another model, context or theme.
  useSignalEffect(() => {
    model.value;
    outcome.value;
    context.value;
    theme.value;
    const old = address.peek();
    if (old !== undefined) URL.revokeObjectURL(old);
    address.value = undefined;
  });
  const columns = data.value?.layout.columns ?? [];
  if (columns.length < 3 || columns.length > 12) return null;
  const draw = async (): Promise<void> => {
    isWorking.value = true;
    const svg = await pairPicture();
    if (svg !== undefined) address.value = URL.createObjectURL(new Blob([svg], { type: "image/svg+xml" }));
    isWorking.value = false;
  };
  return (
    <section class="card pairs" aria-labelledby="pairs-title">
      <div class="card-head">
        <h2 id="pairs-title">All pairs</h2>
        <button type="button" class="small" disabled={isWorking.value} onClick={() => void draw()}>
          {address.value === undefined ? "Draw the pair plot" : "Draw again"}
        </button>
      </div>
      {address.value !== undefined && (
        <img src={address.value} alt={`Pair plot of ${columns.join(", ")}: data and samples of the model`} />
      )}
    </section>
  );
}

/** Chooses the architecture and its sizes. */
function FlowPanel(): JSX.Element {
  const { flow } = settings.value;
  return (
    <section class="panel" aria-labelledby="flow-title">
      <h2 id="flow-title">Flow</h2>
      <fieldset disabled={isRunning.value}>
        <legend class="unseen">Architecture</legend>
        <label class="field">
          <span class="unseen">Architecture</span>
          <select value={flow} onChange={(event) => changeFlow(event.currentTarget.value as ArchitectureName)}>
            {architectureNames.map((name) => (
              <option key={name} value={name}>
                {architectures[name].label}
              </option>
            ))}
          </select>
        </label>
        <p class="hint tall">{architectures[flow].help}</p>
        {model.value?.file !== undefined && (
          <p class="hint">These options are for the next training, not for {model.value.file}.</p>
        )}
        <details class="more">
          <summary>Options of the flow</summary>
          <NumberField name="transforms" />
          {architectures[flow].splines && <NumberField name="bins" />}
          <NumberField name="width" />
          <NumberField name="depth" />
        </details>
      </fieldset>
    </section>
  );
}

type TablePage = typeof import("./table/table-page.ts").tablePage;

const loaded = signal<TablePage | undefined>(undefined);

/** The parts of the page for a table of any columns and for questions; undefined while they are loaded. */
function useTablePage(): TablePage | undefined {
  const isNeeded = (table.value !== undefined || askable.value !== undefined) && loaded.value === undefined;
  useEffect(() => {
    if (!isNeeded) return;
    import("./table/table-page.ts").then(
      ({ tablePage }) => {
        loaded.value = tablePage;
      },
      (error: unknown) => report(error),
    );
  }, [isNeeded]);
  return loaded.value;
}

const SAMPLES = { title: "Samples, CSV", countLabel: "Number of samples", save: saveSamples };

/** Files to save and open for a flow, including pictures. */
function FlowFiles(): JSX.Element {
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

/** Explains a flow in three steps: base, layers, data. */
function Story(): JSX.Element {
  return (
    <ol class="story" aria-label="What a normalizing flow does">
      <li>
        <b>Base.</b> Points of a standard normal.
      </li>
      <li>
        <b>Layers.</b> Invertible maps that bend space.
      </li>
      <li>
        <b>Data.</b> Dense where points are pushed together.
      </li>
    </ol>
  );
}

/** The whole page. */
export function App(): JSX.Element {
  useDroppedFiles();
  const Table = useTablePage();
  const isTable = table.value !== undefined;
  return (
    <div class="page">
      <a class="skip" href="#controls">
        Skip to the settings
      </a>
      <Header />
      {isDragging.value && (
        <div class="drop" role="status">
          <p>Drop a table (CSV, Parquet, Arrow) or a saved model.</p>
        </div>
      )}
      <div class="layout">
        <main id="stage" class={isTable ? "stage of-table" : "stage"}>
          <NoticeBar />
          {isTable ? Table && <Table.Stage /> : <FlowStage>{Table && <Table.Ask />}</FlowStage>}
        </main>
        <aside id="controls" class="controls" tabIndex={-1} aria-label="Settings">
          <DataPanel />
          {isTable ? Table && <Table.Panels /> : <FlowPanels />}
        </aside>
      </div>
    </div>
  );
}

/** Picture of a flow, with its controls. */
function FlowStage({ children }: { readonly children: ComponentChildren }): JSX.Element {
  return (
    <>
      <Story />
      <DensityView />
      <TrainBar />
      <Figures />
      <div class="side">
        <BendView />
        {/* A model from a file has no curves. */}
        {model.value?.file === undefined && <LossChart />}
      </div>
      <PairPlot />
      {children}
    </>
  );
}

function FlowPanels(): JSX.Element {
  return (
    <>
      <FlowPanel />
      <TrainPanel />
      <FlowFiles />
    </>
  );
}

/** True while a file is dragged over the page. */
const isDragging = signal(false);

/** Accepts files dropped anywhere on the page. The page shows a hint while a file is dragged. */
function useDroppedFiles(): void {
  useEffect(() => {
    const over = (event: DragEvent): void => {
      event.preventDefault();
      isDragging.value = event.dataTransfer?.types.includes("Files") ?? false;
    };
    // Out of the window, and not only onto another element.
    const leave = (event: DragEvent): void => {
      if (event.relatedTarget === null) isDragging.value = false;
    };
    const drop = (event: DragEvent): void => {
      event.preventDefault();
      isDragging.value = false;
      const file = event.dataTransfer?.files[0];
      if (file !== undefined) void openFile(file);
    };
    addEventListener("dragover", over);
    addEventListener("dragleave", leave);
    addEventListener("drop", drop);
    return () => {
      removeEventListener("dragover", over);
      removeEventListener("dragleave", leave);
      removeEventListener("drop", drop);
    };
  }, []);
}

function Header(): JSX.Element {
  return (
    <header class="top">
      <h1>
        push<span>forward</span>
      </h1>
      <p>
        Watch a normalizing flow learn. <span>Everything stays in your browser.</span>
      </p>
      <div class="top-actions">
        <HelpButton />
        <button
          type="button"
          class="plain"
          aria-label={theme.value === "dark" ? "Use light colors" : "Use dark colors"}
          onClick={toggleTheme}
        >
          {theme.value === "dark" ? "Light" : "Dark"}
        </button>
      </div>
    </header>
  );
}
