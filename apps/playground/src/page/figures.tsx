import { computed } from "@preact/signals";
import type { JSX } from "preact";
import { backend, busy, data, model, outcome, phase, progress, trainCurve } from "./session.ts";

/** Mean of the last batches: one batch alone says little. */
const lastLoss = computed(() => {
  const last = trainCurve.value.slice(-5);
  return last.length === 0 ? undefined : last.reduce((sum, point) => sum + point.nll, 0) / last.length;
});

/** The numbers of a run. */
export function Figures(): JSX.Element {
  const info = model.value;
  const now = progress.value;
  const end = outcome.value;
  const gaussian = info?.gaussianNll;
  const held = end?.validationNll ?? now?.bestNll ?? info?.score?.nll;
  const isScore = info?.score !== undefined;
  const entropy = data.value?.entropy;
  const rows = isScore ? info.score?.rows : info?.validationRows;
  return (
    <dl class="figures">
      <div class="hero">
        <dt>{isScore ? "−log density, all rows" : "Held-out −log density"}</dt>
        <Value name="held" value={held} />
        <dd class="note">
          {held === undefined
            ? "nats a row; lower is better"
            : gaussian === undefined
              ? `nats a row, ${rows} rows`
              : better(gaussian - held)}
        </dd>
      </div>
      <div>
        <dt>A Gaussian</dt>
        <Value name="gaussian" value={gaussian} />
        <dd class="note">{entropy === undefined ? "on the same rows" : `the true density ${nats(entropy)}`}</dd>
      </div>
      <div>
        <dt>Training</dt>
        <Value name="train" value={end?.trainNll ?? lastTrain()} />
        <dd class="note">{info === undefined ? "" : `${whole(info.parameters)} weights`}</dd>
      </div>
      <div>
        <dt>Step</dt>
        <dd data-figure="step">{whole(now?.step ?? 0)}</dd>
        <dd class="note">{stepNote()}</dd>
      </div>
      <div>
        <dt>Steps a second</dt>
        <dd data-figure="rate">{rateText()}</dd>
        <dd class="note">{backend.value === undefined ? "" : `on ${backend.value.name}`}</dd>
      </div>
    </dl>
  );
}

/** A figure in nats; all of its digits are in its title. */
function Value({ name, value }: { readonly name: string; readonly value: number | undefined }): JSX.Element {
  return (
    <dd data-figure={name} title={value === undefined ? undefined : `${value} nats a row`} data-value={value}>
      {nats(value)}
    </dd>
  );
}

function lastTrain(): number | undefined {
  return progress.value === undefined ? undefined : lastLoss.value;
}

function stepNote(): string {
  const now = progress.value;
  if (busy.value !== "") return `${busy.value.toLowerCase()} …`;
  if (now === undefined) return "ready";
  if (phase.value === "finished") {
    const reason = outcome.value?.reason;
    if (reason === "patience") return "stopped: no better";
    if (reason === "aborted") return "stopped by you";
    return reason === "diverged" ? "diverged" : "done";
  }
  if (phase.value === "paused") return `paused, of ${whole(now.totalSteps)}`;
  return now.totalSteps === 0 ? "starting" : `of ${whole(now.totalSteps)}, epoch ${whole(now.epoch)}`;
}

function rateText(): string {
  const value = outcome.value?.stepsPerSecond ?? progress.value?.stepsPerSecond ?? 0;
  if (!(value > 0)) return "–";
  return value < 10 ? value.toFixed(1) : whole(Math.round(value));
}

function better(gain: number): string {
  if (Math.abs(gain) < 5e-4) return "nats a row, as a Gaussian";
  const amount = Math.abs(gain).toFixed(2);
  return gain > 0 ? `nats a row, ${amount} better than a Gaussian` : `nats a row, ${amount} worse than a Gaussian`;
}

/** `1.234`, with a true minus sign. */
export function nats(value: number | undefined): string {
  if (value === undefined) return "–";
  if (!Number.isFinite(value)) return value > 0 ? "∞" : "−∞";
  return value.toFixed(3).replace("-", "−");
}

function whole(value: number): string {
  return value.toLocaleString("en-GB");
}
