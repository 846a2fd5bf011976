import { shortList } from "@pushforward/columns/extend";
import cliProgress from "cli-progress";
import type { ColumnEvent, FitTableEvent, TrainEvent } from "pushforward";
import { colorsOf, say } from "../output/terminal.ts";
import { programIo } from "../run/program-io.ts";

/** Shows the events of a training run: a bar on a terminal, occasional lines elsewhere, no output when quiet. */
export interface Progress {
  show(event: TrainEvent): void;
  /** Must be called even if the run fails: a bar keeps the program alive. A second call has no effect. */
  end(): void;
}

/** Progress on stderr, so that stdout stays free for results. */
export function createProgress(totalSteps: number, quiet: boolean): Progress {
  if (quiet) return { show: () => undefined, end: () => undefined };
  return programIo().stderr.isTTY ? new Bar(totalSteps) : new Lines(totalSteps);
}

class Bar implements Progress {
  private readonly bar: cliProgress.SingleBar;
  private validation = "";

  constructor(totalSteps: number) {
    // Short enough for 80 columns; the time left is that of all epochs, and patience may end the fit before.
    this.bar = new cliProgress.SingleBar({
      stream: programIo().stderr,
      format: `${colorsOf(programIo().stderr).cyan("{bar}")} {percentage}% | epoch {epoch} | loss {loss}{validation} | rate {rate} | {eta_formatted}`,
      barCompleteChar: "█",
      barIncompleteChar: "░",
      barsize: 12,
      fps: 8,
      etaBuffer: 200,
    });
    this.bar.start(totalSteps, 0, { epoch: 1, loss: "–", validation: "", rate: "–" });
  }

  show(event: TrainEvent): void {
    if (event.type === "step") {
      this.bar.update(event.step, {
        epoch: event.epoch,
        loss: event.loss.toFixed(3),
        validation: this.validation,
        rate: event.learningRate.toExponential(0),
      });
    } else if (event.type === "epoch" && event.validationLoss !== undefined) {
      this.validation = `, val ${event.validationLoss.toFixed(3)}${event.improved ? colorsOf(programIo().stderr).green("*") : " "}`;
    }
  }

  end(): void {
    if (this.bar.isActive) this.bar.stop();
  }
}

const SECONDS_BETWEEN_LINES = 5;

/** A line at the first epoch and then, also within a long epoch, every few seconds. */
class Lines implements Progress {
  private readonly totalSteps: number;
  private last = performance.now();
  private shown = false;
  private validation = "";

  constructor(totalSteps: number) {
    this.totalSteps = totalSteps;
  }

  show(event: TrainEvent): void {
    if (event.type === "epoch") {
      this.validation = event.validationLoss === undefined ? "" : `, validation ${event.validationLoss.toFixed(4)}`;
      this.line(event.epoch, event.trainLoss, event.step, !this.shown);
    } else if (event.type === "step") {
      this.line(event.epoch, event.loss, event.step, false);
    } else if (event.type === "rollback") {
      const { epoch, bestEpoch, scale } = event;
      say(`epoch ${epoch}: back to epoch ${bestEpoch}, rates × ${scale.toPrecision(1)}`);
    }
  }

  end(): void {}

  private line(epoch: number, loss: number, step: number, now: boolean): void {
    const time = performance.now();
    if (!now && time - this.last < 1000 * SECONDS_BETWEEN_LINES) return;
    this.last = time;
    this.shown = true;
    say(`epoch ${epoch}: loss ${loss.toFixed(4)}${this.validation}, step ${step} of at most ${this.totalSteps}`);
  }
}

/**
 * Shows the progress of learning the columns of a table: a bar on a terminal, lines elsewhere, no output when quiet.
 */
export interface ColumnProgress {
  show(event: FitTableEvent): void;
  /** Must be called even if the fit fails: a bar keeps the program alive. */
  end(): void;
}

/** Progress on stderr, so that stdout stays free for results. */
export function createColumnProgress(quiet: boolean): ColumnProgress {
  if (quiet) return { show: () => undefined, end: () => undefined };
  return programIo().stderr.isTTY ? new ColumnBar() : new ColumnLines();
}

class ColumnBar implements ColumnProgress {
  private readonly bar = new cliProgress.SingleBar({
    stream: programIo().stderr,
    format: `${colorsOf(programIo().stderr).cyan("{bar}")} {value} of {total} columns | {column} | {eta_formatted}`,
    barCompleteChar: "█",
    barIncompleteChar: "░",
    barsize: 12,
    fps: 8,
  });
  private epoch = "";
  private done = 0;

  show(event: FitTableEvent): void {
    if (event.type === "start") this.bar.start(event.columns.length, 0, { column: event.columns[0] ?? "" });
    // Workers end columns in another order.
    else if (event.type === "column") this.bar.update(++this.done, { column: shown(event.column) });
    else if (event.type === "training" && event.event.type === "epoch") {
      this.epoch = `, epoch ${event.event.epoch}`;
      this.bar.update({ column: `${shown(event.column)}${this.epoch}` });
    } else if (event.type === "flow-start") this.bar.update({ column: "a flow of the real numbers" });
  }

  end(): void {
    if (this.bar.isActive) this.bar.stop();
  }
}

/** A name that leaves room for the rest of a line. */
function shown(name: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: a terminal would obey them.
  const safe = name.replaceAll(/[\u0000-\u001f\u007f-\u009f]/g, "·");
  return safe.length > 24 ? `${safe.slice(0, 23)}…` : safe;
}
/** Maximum number of columns with a separate line for each column. */
const MOST_LINES = 60;
/** Most columns that a column reads. */
const MOST_READ = 32;
/** Columns before a time estimate is possible: the first columns read few other columns. */
const COLUMNS_BEFORE_ESTIMATE = 3;
const SECONDS_BEFORE_ESTIMATE = 2;
/** Shorter waits are not worth a line. */
const LONG_SECONDS = 20;

class ColumnLines implements ColumnProgress {
  private total = 0;
  private done = 0;
  private readonly start = performance.now();
  private last = performance.now();
  private isEstimated = false;

  show(event: FitTableEvent): void {
    if (event.type === "start") this.total = event.columns.length;
    else if (event.type === "column") {
      this.done++;
      this.column(event);
      this.estimate();
    } else if (event.type === "training" && event.event.type === "epoch" && this.isDue()) {
      this.say(`${event.column}: epoch ${event.event.epoch}, loss ${event.event.trainLoss.toFixed(4)}`);
    } else if (event.type === "flow-start") {
      this.say(`a flow of ${shortList(event.columns)} given the other columns`);
    }
  }

  end(): void {}

  private column({ column, index, validationNll, marginalNll }: ColumnEvent): void {
    if (this.total > MOST_LINES && !this.isDue() && this.done < this.total) return;
    const gain = marginalNll - validationNll;
    const given = gain > 0 ? `, ${gain.toFixed(4)} less than by itself` : "";
    this.say(`column ${index + 1} of ${this.total}, ${column}: ${validationNll.toFixed(4)} nats per row${given}`);
  }

  private estimate(): void {
    const { done } = this;
    const seconds = (performance.now() - this.start) / 1000;
    if (this.isEstimated || done < COLUMNS_BEFORE_ESTIMATE || seconds < SECONDS_BEFORE_ESTIMATE) return;
    if (done >= this.total) return;
    this.isEstimated = true;
    const left = (seconds * workOf(done, this.total)) / workOf(1, done);
    if (left + seconds > LONG_SECONDS) this.say(`about ${timeOf(left)} to go`);
  }

  private isDue(): boolean {
    return performance.now() - this.last >= 1000 * SECONDS_BETWEEN_LINES;
  }

  private say(text: string): void {
    this.last = performance.now();
    say(text);
  }
}

/** How long some columns take, in no unit: the first layer of a network grows with the columns that it reads. */
function workOf(from: number, to: number): number {
  let work = 0;
  for (let index = from; index < to; index++) work += 10 + Math.min(index, MOST_READ);
  return work;
}

function timeOf(seconds: number): string {
  if (seconds < 90) return `${Math.max(1, Math.round(seconds))} seconds`;
  const minutes = Math.round(seconds / 60);
  return minutes < 120 ? `${minutes} minutes` : `${Math.round(minutes / 60)} hours`;
}
