import { shortList } from "@pushforward/columns/extend";
import cliProgress from "cli-progress";
import type { ColumnEvent, FitTableEvent, TrainEvent } from "pushforward";
import { colorsOf, say } from "../output/terminal.ts";
import { programIo } from "../run/program-io.ts";

/** An event of a fit of any model. */
export type FitEvent = TrainEvent | FitTableEvent;

/** Shows the events of a fit: a bar on a terminal, occasional lines elsewhere, no output when quiet. */
export interface Progress {
  show(event: FitEvent): void;
  /** Must be called even if the run fails: a bar keeps the program alive. A second call has no effect. */
  end(): void;
}

/** Progress on stderr, so that stdout stays free for results. It begins with an event of type "start". */
export function createProgress(quiet: boolean): Progress {
  if (quiet) return { show: () => undefined, end: () => undefined };
  const display = programIo().stderr.isTTY ? new Bar() : new Lines();
  let fit: StepProgress | ColumnProgress | undefined;
  return {
    show: (event) => {
      if (event.type === "start") {
        fit = "columns" in event ? new ColumnProgress(event.columns) : new StepProgress(event.totalSteps);
        display.start(fit.total, fit.label);
        return;
      }
      const change = fit?.change(event as never);
      if (change !== undefined) display.show(change);
    },
    end: () => display.end(),
  };
}

/** How an event changes the display. */
interface Change {
  /** Steps or columns that are done; absent if none is added. */
  readonly done?: number;
  /** Text beside the bar. */
  readonly label?: string;
  /** Line where there is no bar, and whether it is shown at once; other lines are shown every few seconds. */
  readonly line?: string;
  readonly isUrgent?: boolean;
}

/** Where progress is shown. */
interface Display {
  start(total: number, label: string): void;
  show(change: Change): void;
  end(): void;
}

class Bar implements Display {
  private bar: cliProgress.SingleBar | undefined;

  start(total: number, label: string): void {
    this.end();
    // Short enough for 80 columns; the time left is that of all epochs, and patience may end the fit before.
    this.bar = new cliProgress.SingleBar({
      stream: programIo().stderr,
      format: `${colorsOf(programIo().stderr).cyan("{bar}")} {label} | {eta_formatted}`,
      barCompleteChar: "█",
      barIncompleteChar: "░",
      barsize: 12,
      fps: 8,
      etaBuffer: Math.min(200, Math.max(10, total)),
    });
    this.bar.start(total, 0, { label });
  }

  show({ done, label }: Change): void {
    const payload = label === undefined ? {} : { label };
    if (done === undefined) this.bar?.update(payload);
    else this.bar?.update(done, payload);
  }

  end(): void {
    if (this.bar?.isActive) this.bar.stop();
  }
}

const SECONDS_BETWEEN_LINES = 5;

class Lines implements Display {
  private last = performance.now();

  start(): void {}

  show({ line, isUrgent = false }: Change): void {
    const time = performance.now();
    if (line === undefined || (!isUrgent && time - this.last < 1000 * SECONDS_BETWEEN_LINES)) return;
    this.last = time;
    say(line);
  }

  end(): void {}
}

/** Progress of training a flow, in steps. */
class StepProgress {
  readonly total: number;
  readonly label = "  0% | epoch 1";
  private shown = false;
  private validation = "";
  private short = "";

  constructor(total: number) {
    this.total = total;
  }

  change(event: TrainEvent): Change | undefined {
    if (event.type === "rollback") {
      const { epoch, bestEpoch, scale } = event;
      return { line: `epoch ${epoch}: back to epoch ${bestEpoch}, rates × ${scale.toPrecision(1)}`, isUrgent: true };
    }
    if (event.type === "step") {
      const { epoch, step, loss, learningRate } = event;
      const percent = String(Math.floor((100 * step) / this.total)).padStart(3);
      const label = `${percent}% | epoch ${epoch} | loss ${loss.toFixed(3)}${this.short} | rate ${learningRate.toExponential(0)}`;
      return { done: step, label, line: this.line(epoch, loss, step) };
    }
    if (event.type !== "epoch") return undefined;
    const { epoch, step, trainLoss, validationLoss, improved } = event;
    if (validationLoss !== undefined) {
      this.validation = `, validation ${validationLoss.toFixed(4)}`;
      this.short = `, val ${validationLoss.toFixed(3)}${improved ? colorsOf(programIo().stderr).green("*") : " "}`;
    }
    const isUrgent = !this.shown;
    this.shown = true;
    return { line: this.line(epoch, trainLoss, step), isUrgent };
  }

  private line(epoch: number, loss: number, step: number): string {
    return `epoch ${epoch}: loss ${loss.toFixed(4)}${this.validation}, step ${step} of at most ${this.total}`;
  }
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

/** Progress of learning the columns of a table. */
class ColumnProgress {
  readonly total: number;
  readonly label: string;
  private done = 0;
  private readonly start = performance.now();
  private isEstimated = false;

  constructor(columns: readonly string[]) {
    this.total = columns.length;
    this.label = this.labelOf(shown(columns[0] ?? ""));
  }

  change(event: FitTableEvent): Change | undefined {
    // Workers end columns in another order.
    if (event.type === "column") return this.column(event);
    if (event.type === "training" && event.event.type === "epoch") {
      const { epoch, trainLoss } = event.event;
      const label = this.labelOf(`${shown(event.column)}, epoch ${epoch}`);
      return { label, line: `${event.column}: epoch ${epoch}, loss ${trainLoss.toFixed(4)}` };
    }
    if (event.type !== "flow-start") return undefined;
    const line = `a flow of ${shortList(event.columns)} given the other columns`;
    return { label: this.labelOf("a flow of the real numbers"), line, isUrgent: true };
  }

  private column({ column, index, validationNll, marginalNll }: ColumnEvent): Change {
    this.done++;
    const gain = marginalNll - validationNll;
    const given = gain > 0 ? `, ${gain.toFixed(4)} less than by itself` : "";
    const line = `column ${index + 1} of ${this.total}, ${column}: ${validationNll.toFixed(4)} nats per row${given}`;
    const left = this.estimate();
    return {
      done: this.done,
      label: this.labelOf(`${shown(column)}${gain > 0 ? `, gain ${gain.toFixed(2)} nats` : ""}`),
      line: left === undefined ? line : `${line}\n${left}`,
      isUrgent: this.total <= MOST_LINES || this.done === this.total || left !== undefined,
    };
  }

  private labelOf(text: string): string {
    return `${this.done} of ${this.total} columns | ${text}`;
  }

  /** The remaining time in words, once. */
  private estimate(): string | undefined {
    const { done } = this;
    const seconds = (performance.now() - this.start) / 1000;
    if (this.isEstimated || done < COLUMNS_BEFORE_ESTIMATE || seconds < SECONDS_BEFORE_ESTIMATE) return undefined;
    if (done >= this.total) return undefined;
    this.isEstimated = true;
    const left = (seconds * workOf(done, this.total)) / workOf(1, done);
    return left + seconds > LONG_SECONDS ? `about ${timeOf(left)} to go` : undefined;
  }
}

/** A name that leaves room for the rest of a line. */
function shown(name: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: a terminal would obey them.
  const safe = name.replaceAll(/[\u0000-\u001f\u007f-\u009f]/g, "·");
  return safe.length > 20 ? `${safe.slice(0, 19)}…` : safe;
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
