import type { JSX } from "preact";
import { OPTIONS, type OptionName } from "../../shared/options.ts";
import { withinLimits } from "../../shared/settings.ts";
import { changeOption } from "../changes.ts";
import { trainHint } from "../decisions.ts";
import { copy } from "../keep.ts";
import { pause, resume, setBackend, setRate, stepOnce, stop, train } from "../run-actions.ts";
import {
  backend,
  busy,
  columnProgress,
  isRunning,
  modelFile,
  phase,
  progress,
  rate,
  rowsToLearn,
  settings,
  switching,
  table,
  tableProgress,
} from "../state.ts";

/** Chooses the backend, also during training. */
export function BackendChoice(): JSX.Element {
  const running = backend.value;
  return (
    <div class="choice">
      <fieldset>
        <legend>Backend</legend>
        {(["wasm", "cpu"] as const).map((name) => (
          <label key={name}>
            <input
              type="radio"
              name="backend"
              value={name}
              checked={running?.name === name}
              disabled={switching.value || running === undefined}
              onChange={() => void setBackend(name)}
            />
            <span>{name === "wasm" ? "WebAssembly" : "JavaScript"}</span>
          </label>
        ))}
      </fieldset>
      <p class="hint">{backendNote()}</p>
    </div>
  );
}

function backendNote(): string {
  const running = backend.value;
  if (running === undefined) return "Starting.";
  if (running.name === "cpu") return "Plain JavaScript. You can switch during training.";
  const kind = running.relaxedSimd ? "with relaxed SIMD" : running.simd ? "with SIMD" : "without SIMD";
  return `WebAssembly ${kind}. You can switch during training.`;
}

/** A number of the settings, with the sentence that explains it. */
export function NumberField({ name, most }: { readonly name: OptionName; readonly most?: number }): JSX.Element {
  const option = OPTIONS[name];
  const id = `option-${name}`;
  return (
    <div class="number">
      <label for={id}>{option.label}</label>
      <input
        id={id}
        type="number"
        inputMode="decimal"
        aria-describedby={`${id}-about`}
        value={settings.value[name]}
        min={option.least}
        max={most ?? option.most}
        step={option.whole ? option.step : "any"}
        onChange={(event) => {
          const value = Math.min(most ?? option.most, withinLimits(name, event.currentTarget.value));
          event.currentTarget.value = String(value);
          if (value !== settings.value[name]) changeOption(name, value);
        }}
      />
      <p id={`${id}-about`} class="hint">
        {option.about}
      </p>
    </div>
  );
}

/** Number of threads, or the reason for a single thread. */
export function ThreadsField(): JSX.Element {
  const running = backend.value;
  const reason = running?.notes.find((note) => note.startsWith("one thread: "))?.slice("one thread: ".length);
  const isolated = globalThis.crossOriginIsolated;
  if (!isolated || reason !== undefined) {
    return (
      <p class="hint">
        One thread: {reason ?? "the page is not cross-origin isolated, so threads can't share memory"}.
      </p>
    );
  }
  return <NumberField name="threads" most={Math.max(2, running?.cores ?? 2)} />;
}

/** Training settings, including the settings that can change during training. */
export function TrainPanel(): JSX.Element {
  return (
    <section class="panel" aria-labelledby="train-title">
      <h2 id="train-title">Training</h2>
      <RateField />
      <BackendChoice />
      <details class="more">
        <summary>Training options</summary>
        <fieldset disabled={isRunning.value}>
          <legend class="unseen">Training options</legend>
          <NumberField name="steps" />
          <NumberField name="batch" />
          <ThreadsField />
          <NumberField name="seed" />
        </fieldset>
      </details>
    </section>
  );
}

/** Learning rates on a logarithmic slider: 10⁻⁵ … 10⁻¹. */
function RateField(): JSX.Element {
  const shown = Number(rate.value.toPrecision(2));
  return (
    <div class="slider">
      <label for="rate">Learning rate</label>
      <output for="rate">{shown}</output>
      <input
        id="rate"
        type="range"
        min={-5}
        max={-1}
        step={0.05}
        value={Math.log10(rate.value)}
        aria-valuetext={String(shown)}
        aria-describedby="rate-about"
        onInput={(event) => setRate(Number((10 ** Number(event.currentTarget.value)).toPrecision(3)))}
      />
      <p id="rate-about" class="hint">
        Size of the training steps. It decays to zero along a cosine. You can move it during training.
      </p>
    </div>
  );
}

/** Starts, pauses and stops the training, or takes a single step. */
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

interface SameRunProps {
  readonly title: string;
  readonly text: string;
  /** Hint about the text. Default: how close its result is to the result of the page. */
  readonly hint?: string;
}

/** Code for the same run, as text to copy; empty for a model from a file. */
export function SameRun({
  title,
  text,
  hint = "The same rows, first weights and batches. Rounding differs between engines, so the result can differ slightly.",
}: SameRunProps): JSX.Element | null {
  if (text === "") return null;
  return (
    <details class="more">
      <summary>{title}</summary>
      <pre class="command">
        <code>{text}</code>
      </pre>
      <p class="hint">{hint}</p>
      <button type="button" class="small" onClick={() => void copy(text, "text")}>
        Copy
      </button>
    </details>
  );
}
