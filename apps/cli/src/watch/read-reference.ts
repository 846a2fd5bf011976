import type { TableSource } from "@pushforward/columns";
import type { CsvTable, Table } from "@pushforward/datasets";
import { listNames } from "@pushforward/datasets/extend";
import type { StreamRows } from "@pushforward/diagnostics";
import type { TableModel } from "@pushforward/tables";
import { UserError } from "../errors/user-error.ts";
import type { ReadOptions } from "../options/read-options.ts";
import { tableSource } from "../reading/read-table.ts";
import { streamBlocks } from "./live-source.ts";

/** Rows that the stream is compared with. */
export interface Reference {
  readonly rows: StreamRows;
  readonly isDrawn: boolean;
  /** `true` if the file has more rows than are kept. */
  readonly isCut: boolean;
}

/** Rows that are drawn where no file is given. */
const DRAWN_ROWS = 20_000;
/** Numbers of the reference that are held at once: memory does not grow with its file. */
const MOST_NUMBERS = 1 << 23;
/** Offset that makes the random numbers of the reference differ from `sample` with the same seed. */
const SEED_OFFSET = 0x5eed_0000;

/**
 * Reads the reference, or draws it from the model.
 *
 * @throws {UserError} a conditional model has no file: its context cannot be drawn.
 */
export async function readReference(
  model: TableModel,
  file: string | undefined,
  options: ReadOptions & { readonly seed: number },
): Promise<Reference> {
  const { context } = model;
  if (file === undefined && context.length > 0) {
    throw new UserError(
      `watch: expected --reference with a file of reference rows, because the model is given ${listNames(context)}, got none.`,
    );
  }
  const source =
    file === undefined
      ? drawnSource(model, DRAWN_ROWS, SEED_OFFSET + options.seed)
      : await tableSource(file, { ...options });
  const blocks: StreamRows[] = [];
  let rows = 0;
  for await (const block of streamBlocks(model, source, options.missing)) {
    blocks.push(block.rows);
    rows += block.rows.rows;
    if (rows * (1 + 2 * block.rows.columns.length) > MOST_NUMBERS) {
      return { rows: joined(blocks), isDrawn: file === undefined, isCut: true };
    }
  }
  return { rows: joined(blocks), isDrawn: file === undefined, isCut: false };
}

function joined(blocks: readonly StreamRows[]): StreamRows {
  const join = (parts: readonly ArrayLike<number>[]): Float64Array => {
    const values = new Float64Array(parts.reduce((sum, part) => sum + part.length, 0));
    let at = 0;
    for (const part of parts) {
      values.set(part, at);
      at += part.length;
    }
    return values;
  };
  const [first] = blocks;
  const columns = (first?.columns ?? []).map(({ name, logProb }, j) => ({
    name,
    values: join(blocks.map(({ columns }) => columns[j]?.values ?? [])),
    ...(logProb && { logProb: join(blocks.map(({ columns }) => columns[j]?.logProb ?? [])) }),
  }));
  const logDensity = join(blocks.map((block) => block.logDensity));
  return { rows: logDensity.length, logDensity, columns };
}

/** Rows drawn from a model without context, as the rows of a file. */
function drawnSource(model: TableModel, count: number, seed: number): TableSource {
  return {
    name: "rows drawn from the model",
    chunks: async function* () {
      let before = 0;
      for (const table of model.draw({ count, seed })) {
        yield asCsvTable(table, before);
        before += table.rows;
      }
    },
  };
}

function asCsvTable(table: Table, before: number): CsvTable {
  const rowNumbers = Float64Array.from({ length: table.rows }, (_, i) => before + i + 1);
  return { ...table, dropped: 0, droppedBy: new Map(), rowNumbers };
}
