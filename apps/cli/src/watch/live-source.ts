import { joinCsvTables } from "@pushforward/datasets/extend";
import type { CsvTable, TableSource } from "pushforward";

const MOST_ROWS = 16_384;
/** The head of a stream is short, so that its first rows need not wait for more of them. */
const SAMPLE_LENGTH = 1024;

/**
 * A source whose rows are handed on as soon as they have come: as many at once as there are, but none waits for others. Ends
 * when the signal is aborted.
 */
export function liveSource({ name, chunks }: TableSource, signal: AbortSignal): TableSource {
  return {
    name,
    chunks: ({ chunkRows = MOST_ROWS, ...options }) =>
      gathered(
        chunks({ ...options, chunkRows: 1, sampleLength: SAMPLE_LENGTH }),
        Math.min(chunkRows, MOST_ROWS),
        signal,
      ),
  };
}

type Step =
  | { readonly kind: "table"; readonly table: CsvTable }
  | { readonly kind: "error"; readonly error: unknown }
  | { readonly kind: "end" };

async function* gathered(
  tables: AsyncIterable<CsvTable>,
  most: number,
  signal: AbortSignal,
): AsyncGenerator<CsvTable, void, undefined> {
  const iterator = tables[Symbol.asyncIterator]();
  // An error is an outcome like others: the rows before it are handed on first.
  const step = (): Promise<Step> =>
    iterator.next().then(
      ({ done, value }): Step => (done ? { kind: "end" } : { kind: "table", table: value }),
      (error: unknown): Step => ({ kind: "error", error }),
    );
  const aborted = new Promise<Step>((resolve) => {
    if (signal.aborted) resolve({ kind: "end" });
    signal.addEventListener("abort", () => resolve({ kind: "end" }), { once: true });
  });
  let pending = step();
  for (;;) {
    const kept: CsvTable[] = [];
    let now: Step | undefined = await Promise.race([pending, aborted]);
    while (now?.kind === "table") {
      kept.push(now.table);
      pending = step();
      now = kept.length < most ? await Promise.race([pending, idle()]) : undefined;
    }
    const table = joinCsvTables(kept);
    if (table !== undefined) yield table;
    if (now?.kind === "error") throw now.error;
    if (now?.kind === "end") return;
  }
}

/** Nothing, once all that is there has been read. */
function idle(): Promise<undefined> {
  return new Promise((resolve) => setImmediate(resolve, undefined));
}
