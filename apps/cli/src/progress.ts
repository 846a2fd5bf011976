import cliProgress from "cli-progress";
import pc from "picocolors";
import type { TrainEvent } from "pushforward";

/** Shows the events of a training run: a bar on a terminal, a line now and then elsewhere, nothing when quiet. */
export interface Progress {
  show(event: TrainEvent): void;
  end(): void;
}

/** Progress on stderr, so that stdout stays free for results. */
export function createProgress(totalSteps: number, quiet: boolean): Progress {
  if (quiet) return { show: () => undefined, end: () => undefined };
  return process.stderr.isTTY ? new Bar(totalSteps) : new Lines(totalSteps);
}

class Bar implements Progress {
  private readonly bar: cliProgress.SingleBar;
  private validation = "";

  constructor(totalSteps: number) {
    this.bar = new cliProgress.SingleBar({
      format: `${pc.cyan("{bar}")} {percentage}% | epoch {epoch} | loss {loss}{validation} | rate {rate} | {eta_formatted} left`,
      barCompleteChar: "█",
      barIncompleteChar: "░",
      barsize: 24,
      fps: 8,
      etaBuffer: 200,
      hideCursor: true,
    });
    this.bar.start(totalSteps, 0, { epoch: 0, loss: "–", validation: "", rate: "–" });
  }

  show(event: TrainEvent): void {
    if (event.type === "step") {
      this.bar.update(event.step, {
        epoch: event.epoch,
        loss: event.loss.toFixed(3),
        validation: this.validation,
        rate: event.learningRate.toExponential(1),
      });
    } else if (event.type === "epoch" && event.validationLoss !== undefined) {
      this.validation = ` | validation ${event.validationLoss.toFixed(3)}${event.improved ? pc.green(" best") : ""}`;
    }
  }

  end(): void {
    this.bar.stop();
  }
}

const SECONDS_BETWEEN_LINES = 5;

class Lines implements Progress {
  private readonly totalSteps: number;
  private last = 0;
  private step = 0;

  constructor(totalSteps: number) {
    this.totalSteps = totalSteps;
  }

  show(event: TrainEvent): void {
    if (event.type === "step") this.step = event.step;
    if (event.type !== "epoch") return;
    const now = performance.now() / 1000;
    if (this.last !== 0 && now - this.last < SECONDS_BETWEEN_LINES) return;
    this.last = now;
    const validation = event.validationLoss === undefined ? "" : `, validation ${event.validationLoss.toFixed(4)}`;
    process.stderr.write(
      `epoch ${event.epoch}: loss ${event.trainLoss.toFixed(4)}${validation}, step ${this.step} of at most ${this.totalSteps}\n`,
    );
  }

  end(): void {}
}
