import type { JSX } from "preact";
import { busy, notice, phase, progress, tableProgress } from "./state.ts";

/** What went wrong or is worth knowing, and what a screen reader says of the training. */
export function NoticeBar(): JSX.Element {
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
