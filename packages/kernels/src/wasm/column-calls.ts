import type { Kernels } from "../contract/kernels.ts";
import { at, flag } from "./addresses.ts";
import type { KernelExports } from "./kernel-abi.ts";

/** Columns, rows and sums. */
export function columnCalls(
  calls: KernelExports,
): Pick<
  Kernels,
  | "normalLogProb"
  | "normalLogProbGradient"
  | "copyPart"
  | "gatherColumns"
  | "scatterColumns"
  | "sumColumns"
  | "spreadColumns"
  | "sumRows"
  | "repeatRow"
  | "subtractRow"
  | "copy"
  | "clear"
  | "add"
> {
  return {
    normalLogProb(x, out) {
      calls.normalLogProb(at(x), at(out), out.length, x.length / out.length);
    },
    normalLogProbGradient(x, d, dx) {
      calls.normalLogProbGradient(at(x), at(d), at(dx), d.length, x.length / d.length);
    },
    copyPart(from, to, { rows, columns, fromStart = 0, fromStride, toStart = 0, toStride }, accumulate) {
      calls.copyPart(at(from, fromStart), fromStride, at(to, toStart), toStride, rows, columns, flag(accumulate));
    },
    gatherColumns(from, columns, to) {
      const rows = to.length / columns.length;
      calls.gatherColumns(at(from), from.length / rows, at(columns), columns.length, at(to), rows);
    },
    scatterColumns(from, columns, to, width, accumulate) {
      const rows = to.length / width;
      calls.scatterColumns(at(from), at(columns), columns.length, at(to), width, rows, flag(accumulate));
    },
    sumColumns(matrices, to, scratch) {
      const rows = to.length;
      calls.clear(at(scratch), 2 * rows);
      for (const matrix of matrices) calls.addColumns(at(matrix), matrix.length / rows, at(scratch), rows);
      calls.roundSums(at(scratch), at(to), rows);
    },
    spreadColumns(from, to) {
      calls.spreadColumns(at(from), at(to), to.length / from.length, from.length);
    },
    sumRows(from, to) {
      calls.sumRows(at(from), to.length, at(to), from.length / to.length);
    },
    repeatRow(row, to) {
      calls.repeatRow(at(row), row.length, at(to), to.length / row.length);
    },
    subtractRow(from, row, to) {
      calls.subtractRow(at(from), at(row), at(to), row.length, from.length / row.length);
    },
    copy(from, to) {
      calls.copy(at(from), at(to), to.length);
    },
    clear(to) {
      calls.clear(at(to), to.length);
    },
    add(values, to) {
      calls.add(at(values), at(to), to.length);
    },
  };
}
