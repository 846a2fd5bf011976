import { computed } from "@preact/signals";
import type { JSX } from "preact";
import { TOY_NAMES } from "../shared/settings.ts";
import { nats } from "./plots/plot-area.ts";
import { backend, busy, data, model, outcome, phase, progress, settings, trainCurve } from "./state.ts";

/** Mean of the last batches, because the loss of a single batch is noisy. */
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
  const held = end?.validationNll ?? now?.bestNll ?? info?.score?.nll ?? info?.initialNll;
  const isScore = info?.score !== undefined;
  const isFile = info?.file !== undefined;
  const entropy = data.value?.entropy;
  const rows = isScore ? info.score?.rows : info?.validationRows;
  return (
    <dl class="figures">
      <Hero held={held} gaussian={gaussian} rows={rows} />
      {isFile ? (
        <div>
          <dt>Parameters</dt>
          <dd>{whole(info.parameters)}</dd>
          <dd class="note">of the open model</dd>
        </div>
      ) : (
        <TrainingFigures />
      )}
      {(TOY_NAMES as readonly string[]).includes(settings.value.data) && !isFile && (
        <div class="about">
          <dt class="unseen">About the true density</dt>
          <dd class="note">{aboutEntropy(entropy, rows)}</dd>
        </div>
      )}
    </dl>
  );
}

/** Why a loss may be lower than the true one. Its place is kept while the data are read. */
function aboutEntropy(entropy: number | undefined, rows: number | undefined): string {
  if (entropy === undefined || rows === undefined) return "";
  return `The true density scores ${nats(entropy)} on average (the entropy). On ${whole(rows)} validation rows a loss can fall below it by chance.`;
}

/** Training results. A model from a file has none. */
function TrainingFigures(): JSX.Element {
  const info = model.value;
  const entropy = data.value?.entropy;
  return (
    <>
      <div>
        <dt>A Gaussian</dt>
        <Value name="gaussian" value={info?.gaussianNll} />
        <dd class="note">{entropy === undefined ? "on the same rows" : `true density ${nats(entropy)}`}</dd>
      </div>
      <div>
        <dt>Training loss</dt>
        <Value name="train" value={outcome.value?.trainNll ?? lastTrain()} />
        <dd class="note">{info === undefined ? "" : `${whole(info.parameters)} parameters`}</dd>
      </div>
      <div>
        <dt>Step</dt>
        <dd data-figure="step">{whole(progress.value?.step ?? 0)}</dd>
        <dd class="note">{stepNote()}</dd>
      </div>
      <div>
        <dt>Steps per second</dt>
        <dd data-figure="rate">{rateText()}</dd>
        <dd class="note">{backend.value === undefined ? "" : `on ${backend.value.name}`}</dd>
      </div>
    </>
  );
}

interface HeroProps {
  readonly held: number | undefined;
  readonly gaussian: number | undefined;
  readonly rows: number | undefined;
}

/** The validation loss, or the score of a model from a file. */
function Hero({ held, gaussian, rows }: HeroProps): JSX.Element {
  const isFile = model.value?.file !== undefined;
  const isScore = model.value?.score !== undefined;
  const title = isScore
    ? "Mean −log density, all rows"
    : isFile
      ? "Mean −log density"
      : "Validation loss, mean −log density";
  const note = (): string => {
    if (isFile && !isScore) return "open a CSV file to score it";
    if (progress.value === undefined && !isScore) return "nats per row before training; lower is better";
    if (held === undefined || gaussian === undefined) return `nats per row, on ${whole(rows ?? 0)} rows`;
    return better(gaussian - held);
  };
  return (
    <div class="hero">
      <dt>{title}</dt>
      <Value name="held" value={held} />
      <dd class="note">{note()}</dd>
    </div>
  );
}

/** A figure in nats; all of its digits are in its title. */
function Value({ name, value }: { readonly name: string; readonly value: number | undefined }): JSX.Element {
  return (
    <dd data-figure={name} title={value === undefined ? undefined : `${value} nats per row`} data-value={value}>
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
    if (reason === "patience") return "stopped early";
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
  if (Math.abs(gain) < 5e-4) return "nats per row, as a Gaussian";
  const amount = Math.abs(gain).toFixed(2);
  return gain > 0 ? `nats per row, ${amount} better than a Gaussian` : `nats per row, ${amount} worse than a Gaussian`;
}

function whole(value: number): string {
  return value.toLocaleString("en-US");
}
