import { CategoryCoding } from "@pushforward/tables/extend";
import type { Variable } from "pushforward";
import type { AskColumn, AskControl } from "../../shared/ask-protocol.ts";
import type { Range } from "../../shared/range.ts";
import { type ColumnBars, columnBars } from "../table/column-bars.ts";
import type { AskSource } from "./ask-source.ts";
import { centerOf } from "./center-of.ts";

/** Places of a slider. */
const PLACES = 200;
/** 0.0012 / 0.00001 is a little less than 120. */
const ROUNDING = 1e-9;

/** A column that can be given, with what draws it. */
export interface AskedColumn {
  readonly variable: Variable;
  readonly bars: ColumnBars;
  readonly info: AskColumn;
}

/** How a column is given, and its distribution without conditions. */
export function askColumn(source: AskSource, variable: Variable): AskedColumn {
  const { model, rows, samples } = source;
  const bars = columnBars(variable, rows ?? samples);
  const coding = model.columns.find((column) => column.name === variable.name)?.coding;
  const center = centerOf(variable, bars, samples);
  return {
    ...{ variable, bars },
    info: {
      control:
        coding instanceof CategoryCoding
          ? { kind: "category", values: coding.levels ?? coding.categories }
          : numberControl(variable, bars, center?.kind === "mean" ? center.value : undefined),
      canBeMissing: coding?.missingCode !== undefined,
      axis: bars.axis,
      marginal: {
        column: variable.name,
        shares: bars.sharesOf(samples),
        missing: bars.missingOf(samples),
        ...(center && { center }),
      },
    },
  };
}

/** A slider over all numbers of the column, on round ones or those of its grid. */
function numberControl(variable: Variable, { axis }: ColumnBars, mean: number | undefined): AskControl {
  const shown: Range = axis.kind === "numbers" ? axis.range : [0, 1];
  const [low, high] = [variable.min ?? shown[0], variable.max ?? shown[1]];
  const { range, step } = sliderOf([low, high], variable);
  const start = Math.min(range[1], Math.max(range[0], mean ?? low));
  return { kind: "number", range, step, start, isText: variable.kind === "date" };
}

/** The ends of a slider and the distance of its places. */
export function sliderOf(
  [low, high]: Range,
  { step: grid = 0, bounds }: Pick<Variable, "step" | "bounds">,
): { readonly range: Range; readonly step: number } {
  if (!(high > low)) return { range: [low, low + (grid || 1)], step: grid || 1 };
  const least = (high - low) / PLACES;
  if (grid > 0) return { range: [low, high], step: grid * Math.max(1, Math.round(least / grid)) };
  const power = Math.floor(Math.log10(least));
  const step = Number(`1e${power}`);
  const round = (value: number): number => Number(value.toFixed(Math.max(0, -power)));
  return {
    range: [
      round(Math.max(bounds?.[0] ?? Number.NEGATIVE_INFINITY, Math.floor(low / step + ROUNDING) * step)),
      round(Math.min(bounds?.[1] ?? Number.POSITIVE_INFINITY, Math.ceil(high / step - ROUNDING) * step)),
    ],
    step,
  };
}
