// What a visitor can do to a training.
import { attempt } from "./attempt.ts";
import { cancelSoon, changeOption, describeTable } from "./changes.ts";
import { workers } from "./engine.ts";
import {
  clearRun,
  isChanged,
  isRunning,
  notice,
  phase,
  progress,
  ran,
  rate,
  settings,
  switching,
  table,
  tableModel,
  tableProgress,
} from "./state.ts";

/** Starts a training. */
export function train(): Promise<void> {
  return begin(false);
}

/** Takes one training step: the next step of a paused training, or the first step of a new training. */
export async function stepOnce(): Promise<void> {
  if (phase.value === "paused") await attempt(() => workers().trainer.call("stepOnce", null));
  else await begin(true);
}

async function begin(single: boolean): Promise<void> {
  cancelSoon();
  clearRun();
  notice.value = undefined;
  ran.value = settings.value;
  if (table.value !== undefined) await beginTable(single);
  else await beginFlow(single);
}

/** A training is seen at once, and so is a second press. */
async function beginTable(single: boolean): Promise<void> {
  const total = table.value?.columns.filter(({ use }) => use === "learned" || use === "follows").length ?? 0;
  tableProgress.value = {
    ...{ phase: "training", done: 0, total, step: 0, stepsPerSecond: 0, trainRows: 0, validationRows: 0 },
    changed: [],
  };
  const isStarted = await attempt(async () => {
    table.value = (await workers().trainer.call("describeTable", settings.value)) ?? table.value;
    const started = workers().trainer.call("train", { settings: settings.value, single });
    // Pictures without the samples of the last model are asked for when the trainer has dropped it.
    tableModel.value = undefined;
    await started;
  });
  if (!isStarted) tableProgress.value = undefined;
}

async function beginFlow(single: boolean): Promise<void> {
  progress.value = {
    ...{ phase: "training", step: 0, totalSteps: 0, epoch: 0, stepsPerSecond: 0, learningRate: settings.value.rate },
    ...{ train: [], validation: [] },
  };
  const isStarted = await attempt(() => workers().trainer.call("train", { settings: settings.value, single }));
  if (!isStarted) progress.value = undefined;
}

export function pause(): void {
  void attempt(() => workers().trainer.call("pause", null));
}

export function resume(): void {
  notice.value = undefined;
  void attempt(() => workers().trainer.call("resume", null));
}

export async function stop(): Promise<void> {
  isChanged.value = true;
  await attempt(() => workers().trainer.call("stop", null));
}

/** Changes the learning rate, also during training. */
export function setRate(value: number): void {
  rate.value = value;
  if (!isRunning.value) {
    changeOption("rate", value);
    return;
  }
  isChanged.value = true;
  void attempt(() => workers().trainer.call("setRate", value));
}

/** Changes the compute backend, also during training. */
export async function setBackend(name: "wasm" | "cpu"): Promise<void> {
  const before = settings.value.backend;
  switching.value = true;
  if (isRunning.value) isChanged.value = true;
  else settings.value = { ...settings.value, backend: name };
  const isDone = await attempt(() => workers().trainer.call("useBackend", name));
  if (!isDone) settings.value = { ...settings.value, backend: before };
  else if (table.value !== undefined && !isRunning.value) describeTable();
  switching.value = false;
}
