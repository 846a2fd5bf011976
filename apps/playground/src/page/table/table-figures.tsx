import type { JSX } from "preact";
import { nats } from "../nats.ts";
import { backend, busy, columnProgress, phase, table, tableModel, tableProgress } from "../state.ts";

/** The numbers of the training of a table. */
export function TableFigures(): JSX.Element {
  const model = tableModel.value;
  const now = tableProgress.value;
  const rows = model?.validationRows ?? now?.validationRows;
  return (
    <dl class="figures">
      <div class="hero">
        <dt>Gain over independent columns</dt>
        <Value name="gain" value={gain()} />
        <dd class="note">
          {rows === undefined || rows === 0
            ? "nats per row; higher is better"
            : `nats per row, on ${whole(rows)} validation rows`}
        </dd>
      </div>
      <div>
        <dt>Validation loss</dt>
        <Value name="held" value={model?.validationNll} />
        <dd class="note">mean −log density</dd>
      </div>
      <div>
        <dt>Independent columns</dt>
        <Value name="marginal" value={model?.marginalNll} />
        <dd class="note">on the same rows</dd>
      </div>
      <div>
        <dt>Columns learned</dt>
        <dd data-figure="columns">{columnsText()}</dd>
        <dd class="note">{stateNote()}</dd>
      </div>
      <div>
        <dt>Step</dt>
        <dd data-figure="step">{whole(now?.step ?? 0)}</dd>
        <dd class="note">{rateNote()}</dd>
      </div>
    </dl>
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

/** Of the model; of the columns so far while it is learned. */
function gain(): number | undefined {
  const { validationNll, marginalNll } = tableModel.value ?? {};
  if (validationNll !== undefined && marginalNll !== undefined) return marginalNll - validationNll;
  if (tableProgress.value === undefined) return undefined;
  let sum = 0;
  for (const column of columnProgress.value.values()) sum += column.gain;
  return sum;
}

function columnsText(): string {
  const all = table.value?.columns.filter(({ use }) => use === "learned" || use === "follows").length ?? 0;
  const now = tableProgress.value;
  if (now === undefined) return whole(all);
  return `${whole(now.done)} of ${whole(now.total)}`;
}

function stateNote(): string {
  if (busy.value !== "") return `${busy.value.toLowerCase()} …`;
  const model = tableModel.value;
  if (model?.file !== undefined) return "from a file";
  if (phase.value === "training") return "training";
  if (phase.value === "paused") return "paused";
  if (phase.value === "ready") return "ready";
  if (model?.isStopped) return "stopped by you";
  return model?.seconds === undefined ? "done" : `done in ${model.seconds.toFixed(model.seconds < 10 ? 1 : 0)} s`;
}

function rateNote(): string {
  const rate = tableProgress.value?.stepsPerSecond ?? 0;
  const name = backend.value?.name ?? "";
  if (rate > 0) return `${whole(Math.round(rate))} per second, ${name}`;
  const parameters = tableModel.value?.parameters;
  return parameters === undefined ? (name === "" ? "" : `on ${name}`) : `${whole(parameters)} parameters`;
}

function whole(value: number): string {
  return value.toLocaleString("en-US");
}
