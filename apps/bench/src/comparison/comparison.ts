import type { BackendName } from "pushforward";
import type { ModelSpec } from "../models/models.ts";
import { type Build, type Measurement, type Program, type Timing, type TorchStyle, tasksOf } from "../processes/job.ts";
import { markdownTable, median, milliseconds, times } from "../report/report.ts";

/** Combined result of several runs of a task. */
interface Figure {
  /** Milliseconds of a call. */
  readonly wall: number;
  /** Processor milliseconds of a call, of all threads; a mean. */
  readonly cpu: number;
  /** Processor time by wall time: below 1, a single thread had to wait for the processor. */
  readonly share: number;
  readonly threads: number;
  readonly note?: string;
}

/** Below this share, a different process disturbed a single-threaded run. */
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

/**
 * Returns `true` if a result can be compared: several threads may wait for each other, a single thread should not wait.
 */
export function isReliable({ share, threads }: Figure): boolean {
  return threads > 1 || share >= LEAST_SHARE;
}

/** Time ratio of their run to our run, and its reliability. */
interface Ratio {
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

/** One process that measured. */
export interface Run extends Measurement {
  readonly model: ModelSpec;
  readonly id: string;
  readonly side: Program | "torch";
  readonly round: number;
  readonly backend: BackendName | undefined;
  readonly build: Build | undefined;
  readonly style: TorchStyle | undefined;
  /** Requested number of threads. */
  readonly asked: number;
}

/** A task run by one of our variants, compared with PyTorch at a number of threads. */
export interface Comparison {
  readonly task: string;
  readonly backend: BackendName | undefined;
  readonly build: Build | undefined;
  readonly threads: number;
  readonly ours: Figure | undefined;
  readonly plain: Figure | undefined;
  readonly jax: Figure | undefined;
  readonly torchThreads: number | undefined;
  readonly torch: Readonly<Record<TorchStyle, Figure | undefined>>;
  /** Compared with the faster of zuko or nflows with and without `torch.compile`; without these, with our script in their style. */
  readonly toLibrary: Ratio | undefined;
  readonly toTuned: Ratio | undefined;
}

/** The comparisons of each model, in the order of the tasks. */
export function comparisons(runs: readonly Run[]): ReadonlyMap<ModelSpec, readonly Comparison[]> {
  return new Map(
    [...new Set(runs.map(({ model }) => model))].map((model) => {
      const own = runs.filter((run) => run.model === model);
      return [model, tasksOf(model).flatMap(({ id }) => taskComparisons(id, own))];
    }),
  );
}

function taskComparisons(task: string, runs: readonly Run[]): Comparison[] {
  const ours = runs.filter(({ side, times }) => side === "ours" && times[task] !== undefined);
  const torchThreads = new Set(runs.filter(({ side }) => side === "torch").map(({ asked }) => asked));
  return [...new Set(ours.map(wayOf))].flatMap((way) => {
    const own = ours.filter((run) => wayOf(run) === way);
    const counts = new Set(own.map(({ asked }) => asked));
    // Beside as many threads of theirs; what ours does on one thread only stands beside each number.
    const pairs: [number, number | undefined][] =
      torchThreads.size === 0
        ? [...counts].map((count) => [count, undefined])
        : [...torchThreads].map((count) => [counts.has(count) ? count : 1, count]);
    return pairs.map(([count, theirs]) =>
      comparison(
        task,
        own.filter(({ asked }) => asked === count),
        theirs,
        runs,
      ),
    );
  });
}

function wayOf({ backend, build }: Run): string {
  return `${backend} ${build ?? ""}`;
}

function comparison(
  task: string,
  own: readonly Run[],
  torchThreads: number | undefined,
  runs: readonly Run[],
): Comparison {
  const { backend, build, threads } = own[0] as Run;
  const timings = (chosen: readonly Run[]): Run["times"][string][] => chosen.flatMap(({ times }) => times[task] ?? []);
  const theirs = (style: TorchStyle): Figure | undefined =>
    fastestFigure(timings(runs.filter((run) => run.style === style && run.asked === torchThreads)), torchThreads ?? 1);
  const ours = medianFigure(timings(own), threads);
  const once = (side: Program): Figure | undefined =>
    medianFigure(timings(runs.filter((run) => run.side === side && run.backend === backend)), 1);
  const torch = {
    peer: theirs("peer"),
    compiled: theirs("compiled"),
    library: theirs("library"),
    tuned: theirs("tuned"),
  };
  return {
    task,
    backend,
    build,
    threads,
    ours,
    plain: once("plain"),
    jax: once("jax-js"),
    torchThreads,
    torch,
    toLibrary: ratio(libraryOf(torch), ours),
    toTuned: ratio(torch.tuned, ours),
  };
}

/** The library at its best: compiled if that is faster. */
function libraryOf({ peer, compiled, library }: Comparison["torch"]): Figure | undefined {
  const [best] = [peer, compiled].filter((figure) => figure !== undefined).sort((a, b) => a.wall - b.wall);
  return best ?? library;
}

/** The ratios to the libraries on one page: a row for each model, way of ours and number of threads of theirs. */
export function summaryTable(all: ReadonlyMap<ModelSpec, readonly Comparison[]>): string {
  const rows = [...all].flatMap(([model, comparisons]) => {
    const ways = new Map<string, Comparison[]>();
    for (const one of comparisons) {
      const way = JSON.stringify([one.backend, one.build, one.torchThreads]);
      ways.set(way, [...(ways.get(way) ?? []), one]);
    }
    return [...ways.values()].map((own) => [...wayCells(own[0] as Comparison), ...taskCells(model, own)]);
  });
  return markdownTable(["ours", "torch threads", "model", "step", "logProb 256", "logProb 4096", "sample"], rows);
}

function wayCells({ backend, build, torchThreads }: Comparison): string[] {
  return [[backend, build].filter(Boolean).join(" "), String(torchThreads ?? "–")];
}

function taskCells(model: ModelSpec, own: readonly Comparison[]): string[] {
  return [model.id, ...tasksOf(model).map(({ id }) => cell(own.find(({ task }) => task === id)))];
}

function cell(comparison: Comparison | undefined): string {
  const ratio = comparison?.toLibrary;
  return ratio === undefined ? "–" : `${times(ratio.value)}${ratio.isReliable ? "" : " ?"}`;
}

const HEAD = [
  "task",
  "ours",
  "threads",
  "ours ms (cpu)",
  "plain tfjs ms",
  "jax-js ms",
  "torch threads",
  "zuko/nflows ms (cpu)",
  "compiled",
  "script in library style",
  "hand-tuned script",
  "ratio to the library",
  "ratio to the hand-tuned",
  "note",
];

/** A table for each model: a row for each task, way of ours and number of threads. */
export function comparisonTables(all: ReadonlyMap<ModelSpec, readonly Comparison[]>): string {
  return [...all]
    .map(([model, rows]) => `## ${model.id}: ${model.title}\n\n${markdownTable(HEAD, rows.map(cells))}`)
    .join("\n\n");
}

function cells(row: Comparison): string[] {
  return [
    row.task,
    [row.backend, row.build].filter(Boolean).join(" "),
    String(row.threads),
    withCpu(row.ours),
    milliseconds(row.plain?.wall),
    milliseconds(row.jax?.wall),
    String(row.torchThreads ?? "–"),
    withCpu(row.torch.peer),
    withCpu(row.torch.compiled),
    withCpu(row.torch.library),
    withCpu(row.torch.tuned),
    times(row.toLibrary?.value),
    times(row.toTuned?.value),
    notes(row).join("; "),
  ];
}

/** Returns notes on a row for the reader: losses and disturbed runs. */
export function notes({ ours, torch, toLibrary, toTuned }: Comparison): string[] {
  const found: string[] = [];
  if (toLibrary !== undefined && toLibrary.value < 1) found.push("slower than the library");
  if (toTuned !== undefined && toTuned.value < 1) found.push("slower than the hand-tuned");
  const compared = [ours, libraryOf(torch), torch.tuned].filter((figure) => figure !== undefined);
  const shares = compared.filter((figure) => !isReliable(figure)).map(({ share }) => share);
  if (shares.length > 0) found.push(`unreliable: cpu/wall ${Math.min(...shares).toFixed(2)}`);
  return found;
}

function withCpu(figure: Figure | undefined): string {
  return figure === undefined ? "–" : `${milliseconds(figure.wall)} (${milliseconds(figure.cpu)})`;
}
