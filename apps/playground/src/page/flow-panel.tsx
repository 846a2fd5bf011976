import type { JSX } from "preact";
import { FLOW_NAMES, type FlowName } from "../shared/settings.ts";
import { NumberField } from "./number-field.tsx";
import { changeFlow, isRunning, settings } from "./session.ts";

const FLOWS: Readonly<Record<FlowName, { readonly label: string; readonly about: string }>> = {
  nsf: {
    label: "Neural spline flow",
    about:
      "Each variable goes through a smooth, rising curve that depends on the variables before it. The sharpest here.",
  },
  "nsf-coupling": {
    label: "Neural spline flow, coupling",
    about:
      "Half of the variables choose the curves for the other half; learned rotations and shears between the layers mix them.",
  },
  maf: {
    label: "MAF",
    about:
      "Each variable is scaled and shifted by what came before it. Simple and quick; gaps between heaps stay bridged.",
  },
  realnvp: {
    label: "RealNVP",
    about:
      "Half of the variables choose scales and shifts for the other half, in turn. As quick to draw from as to score.",
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
