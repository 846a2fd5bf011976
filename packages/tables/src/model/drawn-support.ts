import { createKey } from "@pushforward/core";
import type { Table } from "@pushforward/datasets";
import { getColumn } from "@pushforward/datasets/extend";
import type { NumberSupport } from "../density/coding/category-coding.ts";
import type { RowDensity } from "./table-model.ts";

/** Rows that show where a density draws, and the margin around them, in widths of their range. */
const SUPPORT_ROWS = 256;
const SUPPORT_WIDTHS = 1000;

/**
 * The numbers that a density without bounds can be expected to draw: the range of some samples with a wide margin, so that only
 * numbers that no sample of any usual size reaches are outside. The samples are drawn when the first column is asked for.
 */
export function drawnSupport(density: Pick<RowDensity, "sample">): (name: string) => NumberSupport | undefined {
  let drawn: Table | undefined;
  return (name) => {
    drawn ??= density.sample(createKey(0).fold("support"), SUPPORT_ROWS);
    const values = (getColumn(drawn, name).values as Float64Array).filter(Number.isFinite);
    if (values.length === 0) return undefined;
    const [low, high] = [values.reduce((a, b) => Math.min(a, b)), values.reduce((a, b) => Math.max(a, b))];
    const margin = SUPPORT_WIDTHS * (high - low || Math.max(1, Math.abs(low)));
    return { low: low - margin, high: high + margin };
  };
}
