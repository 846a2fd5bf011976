import { createKey } from "@pushforward/core";
import type { Table } from "@pushforward/datasets";
import { getColumn } from "@pushforward/datasets/extend";
import type { NumberSupport } from "../density/coding/category-coding.ts";
import type { RowDensity } from "./table-model.ts";

/** Number of rows that show the range of a density, and the margin around this range, in widths of the range. */
const SUPPORT_ROWS = 256;
const SUPPORT_WIDTHS = 1000;

/**
 * Returns the plausible numbers of a density without bounds: the range of some samples with a wide margin, so that no
 * sample of any usual size is outside. The samples are drawn on the first call. The range of a conditional density depends
 * on the context, and is undefined.
 */
export function drawnSupport(
  density: Pick<RowDensity, "context" | "sample">,
): (name: string) => NumberSupport | undefined {
  let drawn: Table | undefined;
  return (name) => {
    if (density.context.length > 0) return undefined;
    drawn ??= density.sample(createKey(0).fold("support"), SUPPORT_ROWS);
    const values = (getColumn(drawn, name).values as Float64Array).filter(Number.isFinite);
    if (values.length === 0) return undefined;
    const [low, high] = [values.reduce((a, b) => Math.min(a, b)), values.reduce((a, b) => Math.max(a, b))];
    const margin = SUPPORT_WIDTHS * (high - low || Math.max(1, Math.abs(low)));
    return { low: low - margin, high: high + margin };
  };
}
