import type { BackendName } from "pushforward";
import type { ModelSpec } from "../models/models.ts";
import { type Measurement, type TorchStyle, tasksOf } from "../processes/job.ts";
import type { Build } from "../processes/node-process.ts";
import { type Figure, fastestFigure, medianFigure, type Ratio, ratio } from "./figure.ts";

/** One process that measured. */
export interface Run extends Measurement {
  readonly model: ModelSpec;
  readonly id: string;
  readonly side: "ours" | "plain" | "torch";
  readonly round: number;
  readonly backend: BackendName | undefined;
  readonly build: Build | undefined;
  readonly style: TorchStyle | undefined;
  /** Threads that it was asked to use. */
  readonly asked: number;
}

/** A task done by one way of ours, beside PyTorch with a number of threads. */
export interface Comparison {
  readonly task: string;
  readonly backend: BackendName | undefined;
  readonly build: Build | undefined;
  readonly threads: number;
  readonly ours: Figure | undefined;
  readonly plain: Figure | undefined;
  readonly torchThreads: number | undefined;
  readonly torch: Readonly<Record<TorchStyle, Figure | undefined>>;
  /** Beside zuko or nflows, or where these are not there our script in their style. */
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
  const plain = runs.filter((run) => run.side === "plain" && run.backend === backend);
  const torch = { peer: theirs("peer"), library: theirs("library"), tuned: theirs("tuned") };
  return {
    task,
    backend,
    build,
    threads,
    ours,
    plain: medianFigure(timings(plain), 1),
    torchThreads,
    torch,
    toLibrary: ratio(torch.peer ?? torch.library, ours),
    toTuned: ratio(torch.tuned, ours),
  };
}
