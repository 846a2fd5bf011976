import type { JSX } from "preact";
import { type ArchitectureName, architectureNames, architectures } from "pushforward";
import { NumberField } from "./number-field.tsx";
import { changeFlow } from "./session.ts";
import { isRunning, model, settings } from "./state.ts";

/** Chooses the architecture and its sizes. */
export function FlowPanel(): JSX.Element {
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
