import type { JSX } from "preact";
import { FLOW_NAMES, type FlowName } from "../shared/settings.ts";
import { NumberField } from "./number-field.tsx";
import { changeFlow } from "./session.ts";
import { isRunning, model, settings } from "./state.ts";

const FLOWS: Readonly<Record<FlowName, { readonly label: string; readonly about: string }>> = {
  nsf: {
    label: "Neural spline flow",
    about:
      "Each column goes through a smooth, rising curve that depends on the columns before it. It fits the sharpest shapes.",
  },
  "nsf-coupling": {
    label: "Neural spline flow, coupling",
    about:
      "Half of the columns choose the curves for the other half. Learned linear maps between the layers mix the columns.",
  },
  maf: {
    label: "MAF",
    about:
      "Each column is scaled and shifted depending on the columns before it. Simple and fast, but separate clusters stay connected.",
  },
  realnvp: {
    label: "RealNVP",
    about: "Half of the columns choose scales and shifts for the other half, in turn. Sampling is as fast as scoring.",
  },
};

/** Chooses the architecture and its sizes. */
export function FlowPanel(): JSX.Element {
  const { flow } = settings.value;
  const isSpline = flow === "nsf" || flow === "nsf-coupling";
  return (
    <section class="panel" aria-labelledby="flow-title">
      <h2 id="flow-title">Flow</h2>
      <fieldset disabled={isRunning.value}>
        <legend class="unseen">Architecture</legend>
        <label class="field">
          <span class="unseen">Architecture</span>
          <select value={flow} onChange={(event) => changeFlow(event.currentTarget.value as FlowName)}>
            {FLOW_NAMES.map((name) => (
              <option key={name} value={name}>
                {FLOWS[name].label}
              </option>
            ))}
          </select>
        </label>
        <p class="hint tall">{FLOWS[flow].about}</p>
        {model.value?.file !== undefined && (
          <p class="hint">These options are for the next training, not for {model.value.file}.</p>
        )}
        <details class="more">
          <summary>Options of the flow</summary>
          <NumberField name="transforms" />
          {isSpline && <NumberField name="bins" />}
          <NumberField name="width" />
          <NumberField name="depth" />
        </details>
      </fieldset>
    </section>
  );
}
