import type { StepKind } from "./step-kind.ts";

/** Rows of learned tables, one table for each column of codes. A code that no table has gives NaN. */
export const embeddingKind: StepKind<"embedding"> = {
  bind: ({ rows, settings, input, output, parameters, dInput, dOutput, dParameters }) => {
    const codes = input[0];
    const y = output[0];
    const table = parameters[0];
    const { tables } = settings;
    let end = 0;
    const starts = tables.map((one) => {
      const start = end;
      end += one.codes * one.width;
      return start;
    });
    /** Calls `each` with the place of the row of a code in the table, or −1, and its place in y. */
    const visit = (each: (from: number, to: number, width: number) => void): void => {
      for (let r = 0, i = 0, to = 0; r < rows; r++) {
        for (let j = 0; j < tables.length; j++, i++) {
          const { codes: count, width } = tables[j] as { codes: number; width: number };
          const code = codes[i] as number;
          const isKnown = code >= 0 && code < count;
          each(isKnown ? (starts[j] as number) + code * width : -1, to, width);
          to += width;
        }
      }
    };
    return {
      forward: () =>
        visit((from, to, width) => {
          if (from < 0) y.fill(Number.NaN, to, to + width);
          else for (let k = 0; k < width; k++) y[to + k] = table[from + k] as number;
        }),
      backward: () => {
        dInput[0]?.fill(0);
        const dTable = dParameters[0];
        if (dTable === undefined) return;
        const dy = dOutput[0];
        dTable.fill(0);
        visit((from, to, width) => {
          if (from < 0) return;
          for (let k = 0; k < width; k++) dTable[from + k] = (dTable[from + k] as number) + (dy[to + k] as number);
        });
      },
    };
  },
};
