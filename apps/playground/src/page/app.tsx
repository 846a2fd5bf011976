import type { ComponentChildren, JSX } from "preact";
import { useEffect } from "preact/hooks";
import { BendView } from "./bend-view.tsx";
import { DataPanel } from "./data-panel.tsx";
import { DensityView } from "./density-view.tsx";
import { Figures } from "./figures.tsx";
import { FlowFiles } from "./flow-files.tsx";
import { FlowPanel } from "./flow-panel.tsx";
import { HelpButton } from "./help.tsx";
import { openFile } from "./keep.ts";
import { LossChart } from "./loss-chart.tsx";
import { NoticeBar } from "./notice-bar.tsx";
import { PairPlot } from "./pair-plot.tsx";
import { table } from "./state.ts";
import { Story } from "./story.tsx";
import { theme, toggleTheme } from "./theme.ts";
import { TrainBar } from "./train-bar.tsx";
import { TrainPanel } from "./train-panel.tsx";
import { useTablePage } from "./use-table-page.ts";

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

/** The picture of a flow, and what belongs to it. */
function FlowStage({ children }: { readonly children: ComponentChildren }): JSX.Element {
  return (
    <>
      <Story />
      <DensityView />
      <TrainBar />
      <Figures />
      <div class="side">
        <BendView />
        <LossChart />
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

/** Files may be dropped anywhere on the page. */
function useDroppedFiles(): void {
  useEffect(() => {
    const over = (event: DragEvent): void => event.preventDefault();
    const drop = (event: DragEvent): void => {
      event.preventDefault();
      const file = event.dataTransfer?.files[0];
      if (file !== undefined) void openFile(file);
    };
    addEventListener("dragover", over);
    addEventListener("drop", drop);
    return () => {
      removeEventListener("dragover", over);
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
      <p>Watch a normalizing flow learn. Everything stays in your browser.</p>
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
