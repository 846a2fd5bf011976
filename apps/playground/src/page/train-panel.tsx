import type { JSX } from "preact";
import { BackendChoice } from "./backend-choice.tsx";
import { NumberField } from "./number-field.tsx";
import { setRate } from "./run-actions.ts";
import { isRunning, rate } from "./state.ts";
import { ThreadsField } from "./threads-field.tsx";

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
