import cliProgress from "cli-progress";
import type { TrainEvent } from "pushforward";
import { colorsOf, say } from "../output/terminal.ts";
import { programIo } from "../run/program-io.ts";

/** Shows the events of a training run: a bar on a terminal, a line now and then elsewhere, nothing when quiet. */
export interface Progress {
  show(event: TrainEvent): void;
  /** Must be called however the run ends: a bar keeps the program alive. A second call does nothing. */
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
