import type { Timing } from "../processes/timing.ts";
import { median } from "../report/statistics.ts";

/** What several runs of a task say together. */
export interface Figure {
  /** Milliseconds of a call. */
  readonly wall: number;
  /** Processor milliseconds of a call, of all threads; a mean. */
  readonly cpu: number;
  /** Processor time by wall time: below 1, a single thread had to wait for the processor. */
  readonly share: number;
  readonly threads: number;
  readonly note?: string;
}

/** Below this share another process disturbed a single-threaded run. */
const LEAST_SHARE = 0.97;

/** Ours: the median of the runs' medians. */
export function medianFigure(runs: readonly Timing[], threads: number): Figure | undefined {
  if (runs.length === 0) return undefined;
  return { ...pooled(runs, threads), wall: median(runs.map((run) => run.median)) };
}

/** Theirs: the run with the fastest median. */
export function fastestFigure(runs: readonly Timing[], threads: number): Figure | undefined {
  const best = [...runs].sort((a, b) => a.median - b.median)[0];
  if (best === undefined) return undefined;
  return { ...pooled([best], threads), wall: best.median, ...(best.note !== undefined && { note: best.note }) };
}

/** Whether a figure can be compared: several threads may wait for each other, a single one has no reason to. */
export function isReliable({ share, threads }: Figure): boolean {
  return threads > 1 || share >= LEAST_SHARE;
}

/** How many times as long they take, and what to know about it. */
export interface Ratio {
  readonly value: number;
  readonly isReliable: boolean;
}

export function ratio(theirs: Figure | undefined, ours: Figure | undefined): Ratio | undefined {
  if (theirs === undefined || ours === undefined) return undefined;
  return { value: theirs.wall / ours.wall, isReliable: isReliable(theirs) && isReliable(ours) };
}

function pooled(runs: readonly Timing[], threads: number): Omit<Figure, "wall"> {
  const sum = (of: (run: Timing) => number): number => runs.reduce((total, run) => total + of(run), 0);
  const cpu = sum((run) => run.cpu);
  return { cpu: cpu / sum((run) => run.count), share: cpu / sum((run) => run.wall), threads };
}
