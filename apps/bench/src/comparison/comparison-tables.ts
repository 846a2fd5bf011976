import type { ModelSpec } from "../models/models.ts";
import { markdownTable, milliseconds, times } from "../report/markdown.ts";
import type { Comparison } from "./comparison.ts";
import { type Figure, isReliable } from "./figure.ts";

const HEAD = [
  "task",
  "ours",
  "threads",
  "ours ms (cpu)",
  "plain tfjs ms",
  "torch threads",
  "zuko/nflows ms (cpu)",
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
    String(row.torchThreads ?? "–"),
    withCpu(row.torch.peer),
    withCpu(row.torch.library),
    withCpu(row.torch.tuned),
    times(row.toLibrary?.value),
    times(row.toTuned?.value),
    notes(row).join("; "),
  ];
}

/** What a reader must know about a row: where we lose, and what was disturbed. */
export function notes({ ours, torch, toLibrary, toTuned }: Comparison): string[] {
  const found: string[] = [];
  if (toLibrary !== undefined && toLibrary.value < 1) found.push("slower than the library");
  if (toTuned !== undefined && toTuned.value < 1) found.push("slower than the hand-tuned");
  const compared = [ours, torch.peer ?? torch.library, torch.tuned].filter((figure) => figure !== undefined);
  const shares = compared.filter((figure) => !isReliable(figure)).map(({ share }) => share);
  if (shares.length > 0) found.push(`unreliable: cpu/wall ${Math.min(...shares).toFixed(2)}`);
  return found;
}

function withCpu(figure: Figure | undefined): string {
  return figure === undefined ? "–" : `${milliseconds(figure.wall)} (${milliseconds(figure.cpu)})`;
}
