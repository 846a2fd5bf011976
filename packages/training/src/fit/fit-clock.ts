import { cpuSeconds } from "@pushforward/core";

/** Wall time and processor time of a fit, as events tell them. */
export interface FitTimes {
  readonly seconds: number;
  /** Absent where the platform does not tell. */
  readonly cpuSeconds?: number;
}

/** Measures the time of a fit, that before a checkpoint included. */
export class FitClock {
  private readonly startTime: number = performance.now();
  private readonly startCpu: number | undefined = cpuSeconds();
  private secondsBefore = 0;

  /** Counts the seconds that passed before the checkpoint that is resumed. */
  resume(secondsBefore: number): void {
    this.secondsBefore = secondsBefore;
  }

  read(): FitTimes {
    const seconds = this.secondsBefore + (performance.now() - this.startTime) / 1000;
    const now = cpuSeconds();
    return now === undefined || this.startCpu === undefined
      ? { seconds }
      : { seconds, cpuSeconds: now - this.startCpu };
  }
}
