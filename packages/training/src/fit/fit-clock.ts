import { cpuSeconds } from "@pushforward/core/plain";

/** Wall time and processor time of a fit, as events tell them. */
export interface FitTimes {
  readonly seconds: number;
  /** Absent where the platform does not tell. */
  readonly cpuSeconds?: number;
}

/** To ask for the processor time can take longer than a step of a small model. */
const MS_BETWEEN_READINGS = 20;

/** Measures the time of a fit, that before a checkpoint included. */
export class FitClock {
  private readonly startTime: number = performance.now();
  private readonly startCpu: number | undefined = cpuSeconds();
  private secondsBefore = 0;
  private readAt: number = Number.NEGATIVE_INFINITY;
  private lastCpu: number | undefined = this.startCpu;

  /** Counts the seconds that passed before the checkpoint that is resumed. */
  resume(secondsBefore: number): void {
    this.secondsBefore = secondsBefore;
  }

  /** The times now. */
  read(): FitTimes {
    return this.timesAt(performance.now(), 0);
  }

  /** The times now, that of the processor up to 20 ms old. */
  glance(): FitTimes {
    return this.timesAt(performance.now(), MS_BETWEEN_READINGS);
  }

  private timesAt(now: number, oldest: number): FitTimes {
    if (now - this.readAt >= oldest) {
      this.lastCpu = cpuSeconds();
      this.readAt = now;
    }
    const seconds = this.secondsBefore + (now - this.startTime) / 1000;
    return this.lastCpu === undefined || this.startCpu === undefined
      ? { seconds }
      : { seconds, cpuSeconds: this.lastCpu - this.startCpu };
  }
}
