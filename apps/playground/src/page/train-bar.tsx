import type { JSX } from "preact";
import { pause, resume, stepOnce, stop, train } from "./run-actions.ts";
import {
  busy,
  columnProgress,
  isRunning,
  modelFile,
  phase,
  progress,
  rowsToLearn,
  settings,
  table,
  tableProgress,
} from "./state.ts";
import { trainHint } from "./train-hint.ts";

/** Starts, pauses and ends the training, or takes one step of it. */
export function TrainBar(): JSX.Element {
  const hint = trainHint({
    busy: busy.value,
    rows: rowsToLearn.value,
    modelFile: modelFile.value,
    isTable: table.value !== undefined,
    data: settings.value.data,
    drawn: settings.value.points.length / 2,
  });
  const isReady = rowsToLearn.value > 0 && busy.value === "";
  return (
    <section class="run" aria-label="Run">
      <div class="buttons">
        <MainButton isReady={isReady} />
        <button
          type="button"
          disabled={!isReady || phase.value === "training"}
          title="Take one training step"
          onClick={() => void stepOnce()}
        >
          Step
        </button>
        <button type="button" disabled={!isRunning.value} onClick={() => void stop()}>
          Stop
        </button>
      </div>
      <ProgressBar />
      {hint !== undefined && <p class="hint">{hint}</p>}
    </section>
  );
}

function MainButton({ isReady }: { readonly isReady: boolean }): JSX.Element {
  const now = phase.value;
  const [label, act] =
    now === "training"
      ? ["Pause", pause]
      : now === "paused"
        ? ["Continue", resume]
        : [now === "finished" ? "Train again" : "Train", train];
  return (
    <button type="button" class="primary" disabled={!isReady} onClick={() => void act()}>
      {label}
    </button>
  );
}

function ProgressBar(): JSX.Element {
  return <progress class="bar" aria-label="Progress of the training" max={1} value={share()} />;
}

function share(): number {
  if (table.value === undefined) {
    const { step = 0, totalSteps = 0 } = progress.value ?? {};
    return totalSteps === 0 ? 0 : step / totalSteps;
  }
  const { done = 0, total = 0 } = tableProgress.value ?? {};
  const now = [...columnProgress.value.values()].find((column) => column.phase === "training");
  const part = now === undefined || now.epochs === 0 ? 0 : now.epoch / now.epochs;
  return total === 0 ? 0 : (done + part) / total;
}
