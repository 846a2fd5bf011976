import type { ModelSpec } from "../models/models.ts";
import { tasksOf } from "../processes/job.ts";
import { markdownTable, times } from "../report/markdown.ts";
import type { Comparison } from "./comparison.ts";

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
