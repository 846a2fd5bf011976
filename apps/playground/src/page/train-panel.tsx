import type { JSX } from "preact";
import { NumberField } from "./number-field.tsx";
import {
  backend,
  busy,
  data,
  isRunning,
  pause,
  phase,
  progress,
  rate,
  resume,
  setBackend,
  setRate,
  stop,
  switching,
  train,
} from "./session.ts";

/** Starts, pauses and ends the training, and sets what may change on the way. */
export function TrainPanel(): JSX.Element {
  return (
    <section class="panel" aria-labelledby="train-title">
      <h2 id="train-title">Training</h2>
      <div class="buttons">
        <MainButton />
        <button type="button" disabled={!isRunning.value} onClick={() => void stop()}>
          Stop
        </button>
      </div>
      <ProgressBar />
      <RateField />
      <BackendChoice />
      <details class="more">
        <summary>Options of the training</summary>
        <fieldset disabled={isRunning.value}>
          <legend class="unseen">Options of the training</legend>
          <NumberField name="steps" />
          <NumberField name="batch" />
          <Threads />
          <NumberField name="seed" />
        </fieldset>
      </details>
    </section>
  );
}

function MainButton(): JSX.Element {
  const now = phase.value;
  const [label, act] =
    now === "training"
      ? ["Pause", pause]
      : now === "paused"
        ? ["Continue", resume]
        : [now === "finished" ? "Train again" : "Train", train];
  return (
    <button
      type="button"
      class="primary"
      disabled={data.value === undefined || data.value.rows === 0 || busy.value !== ""}
      onClick={() => void act()}
    >
      {label}
    </button>
  );
}

function ProgressBar(): JSX.Element {
  const { step = 0, totalSteps = 0 } = progress.value ?? {};
  const share = totalSteps === 0 ? 0 : step / totalSteps;
  return <progress class="bar" aria-label="Progress of the training" max={1} value={share} />;
}

/** Rates on a logarithmic slider: 10⁻⁵ … 10⁻¹. */
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
        How far a step goes. It falls to zero along a cosine; move it while the flow learns.
      </p>
    </div>
  );
}

function BackendChoice(): JSX.Element {
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
  if (running.name === "cpu") return "Plain JavaScript. Switch while the flow learns: it goes on where it is.";
  return `${running.simd ? "WebAssembly with SIMD" : "WebAssembly without SIMD"}. Switch while the flow learns: it goes on where it is.`;
}

function Threads(): JSX.Element {
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
