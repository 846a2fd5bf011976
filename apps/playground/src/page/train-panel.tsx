import type { JSX } from "preact";
import { NumberField } from "./number-field.tsx";
import { setBackend, setRate } from "./run-actions.ts";
import { backend, isRunning, rate, switching } from "./state.ts";

/** Sets how the flow is trained, and what may change on the way. */
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
          <Threads />
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
  if (running.name === "cpu") return "Plain JavaScript. You can switch during training.";
  const kind = running.relaxedSimd ? "with relaxed SIMD" : running.simd ? "with SIMD" : "without SIMD";
  return `WebAssembly ${kind}. You can switch during training.`;
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
