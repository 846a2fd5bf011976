import { open } from "node:fs/promises";
import { setTimeout as wait } from "node:timers/promises";
import type { TableSource } from "@pushforward/columns";
import { joinCsvTables } from "@pushforward/datasets/extend";
import type { StreamRows } from "@pushforward/diagnostics";
import { checkScores } from "@pushforward/questions/extend";
import type { TableModel } from "@pushforward/tables";
import { UnseenCells } from "@pushforward/tables/extend";
import { type CsvTable, DataError } from "pushforward";
import { UserError } from "../errors/user-error.ts";
import { beforeAbort } from "../run/before-abort.ts";
import { located } from "../run/program-io.ts";

const MOST_ROWS = 16_384;
/** Length of the head of a stream. It is short, so that the first rows need not wait for more rows. */
const SAMPLE_LENGTH = 1024;

/**
 * Returns a source that passes on rows as soon as they arrive: all available rows at once, without a wait for further
 * rows. It stops when the signal is aborted.
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
  let pending = step();
  for (;;) {
    const kept: CsvTable[] = [];
    let now: Step | undefined = (await beforeAbort(pending, signal)) ?? { kind: "end" };
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

/** Resolves after all available data has been read. */
function idle(): Promise<undefined> {
  return new Promise((resolve) => setImmediate(resolve, undefined));
}

const PIECE_BYTES = 1 << 18;
const POLL_MILLISECONDS = 200;

/**
 * Yields the bytes of a file and of later additions to the file, until the signal is aborted.
 *
 * @throws {DataError} it cannot be read.
 * @throws {UserError} it has become shorter.
 */
export async function* followFile(path: string, signal: AbortSignal): AsyncGenerator<Uint8Array> {
  const file = await open(located(path)).catch((cause: Error) => {
    throw new DataError(`${path}: expected a readable file, got ${cause.message}.`, { file: path }, { cause });
  });
  try {
    let position = 0;
    while (!signal.aborted) {
      const { bytesRead, buffer } = await file.read(new Uint8Array(PIECE_BYTES), 0, PIECE_BYTES, position);
      position += bytesRead;
      if (bytesRead > 0) {
        yield buffer.subarray(0, bytesRead);
        continue;
      }
      const { size } = await file.stat();
      if (size < position) {
        throw new UserError(
          `${path}: expected a growing file, got a file that became shorter (${size} bytes after ${position}).`,
        );
      }
      await wait(POLL_MILLISECONDS, undefined, { signal }).catch(() => undefined);
    }
  } finally {
    await file.close();
  }
}

/** Rows of a stream in the form that the monitor needs. */
export interface StreamBlock {
  readonly rows: StreamRows;
  /** The number of each row in its file. */
  readonly rowNumbers: Float64Array;
}

/**
 * The rows of a source with their log-densities and cells as numbers, in blocks.
 *
 * @param unseen counts the cells that no training row could have.
 * @throws {DataError | UserError} as `score`: a column is missing, or a value does not fit; the message names its row.
 */
export async function* streamBlocks(
  model: TableModel,
  source: TableSource,
  missing: "error" | "drop" | undefined,
  unseen: UnseenCells = new UnseenCells(model),
): AsyncGenerator<StreamBlock> {
  for await (const table of source.chunks(model.reading({ missing, keepOthers: false }))) {
    const typed = model.read(table, { file: source.name });
    unseen.look(typed.columns);
    const { scores, cells = [] } = model.score(typed);
    checkScores(scores, table, source.name);
    const logProbs = new Map(cells.map(({ name, values }) => [name, values]));
    const columns = typed.columns.map((column) => {
      const logProb = logProbs.get(column.name);
      return { name: column.name, values: model.numbersOf(column), ...(logProb && { logProb }) };
    });
    yield { rows: { rows: table.rows, logDensity: scores, columns }, rowNumbers: table.rowNumbers };
  }
}
