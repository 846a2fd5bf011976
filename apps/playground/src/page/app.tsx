import type { JSX } from "preact";
import { useEffect } from "preact/hooks";
import { BendView } from "./bend-view.tsx";
import { DataPanel } from "./data-panel.tsx";
import { DensityView } from "./density-view.tsx";
import { Figures } from "./figures.tsx";
import { FilesPanel } from "./files-panel.tsx";
import { FlowPanel } from "./flow-panel.tsx";
import { HelpButton } from "./help.tsx";
import { LossChart } from "./loss-chart.tsx";
import { NoticeBar } from "./notice-bar.tsx";
import { PairPlot } from "./pair-plot.tsx";
import { openFile } from "./session.ts";
import { theme, toggleTheme } from "./theme.ts";
import { TrainPanel } from "./train-panel.tsx";

/** The whole page. */
export function App(): JSX.Element {
  useEffect(() => {
    // Files may be dropped anywhere.
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
  return (
    <div class="page">
      <a class="skip" href="#stage">
        Skip to the pictures
      </a>
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
            aria-label={theme.value === "dark" ? "Use light colours" : "Use dark colours"}
            onClick={toggleTheme}
          >
            {theme.value === "dark" ? "Light" : "Dark"}
          </button>
        </div>
      </header>
      <div class="layout">
        <div class="controls">
          <DataPanel />
          <FlowPanel />
          <TrainPanel />
          <FilesPanel />
        </div>
        <main id="stage" class="stage" tabIndex={-1}>
          <NoticeBar />
          <Figures />
          <div class="pictures">
            <DensityView />
            <div class="side">
              <BendView />
              <LossChart />
            </div>
          </div>
          <PairPlot />
        </main>
      </div>
    </div>
  );
}
