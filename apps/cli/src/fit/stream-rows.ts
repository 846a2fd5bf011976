import { takeCsvRows } from "@pushforward/datasets/extend";
import { ShuffledRows } from "@pushforward/files";
import {
  contextNames,
  contextSize,
  layoutKinds,
  type RowLayout,
  rowsByWord,
  type TableRows,
  tableRows,
} from "@pushforward/tables/extend";
import { type CsvTable, ndArray, type RowStream } from "pushforward";
import type { LargeTable } from "./large-table.ts";
import { endIfStopped } from "./stop.ts";
import type { Voice } from "./tell-of-columns.ts";

/** Rows that are read at once, and the blocks of an epoch. */
const BLOCK_ROWS = 2 ** 17;
const MOST_BLOCKS = 8;
/** Rows that are read from the file at once. */
const CHUNK_ROWS = 2 ** 15;

/** Part of a table to stream. */
export interface StreamChoice {
  readonly missing?: "error" | "drop" | undefined;
  readonly splitColumn?: string | undefined;
  readonly seed: number;
  /** Path of the model, for the message of a stopped fit. */
  readonly out: string;
  /** Numbers in the file of rows that are held out. */
  readonly heldOut: ReadonlySet<number>;
}

/** Rows of a table that are read in blocks. */
export interface TableStream extends RowStream {
  block(epoch: number, index: number): Promise<TableRows>;
}

/** The training rows of a large table in random order on disk. */
export interface StreamedRows {
  readonly stream: TableStream;
  /** Number of rows, and number of stream epochs that cover each row once. */
  readonly rows: number;
  readonly epochs: number;
  close(): Promise<void>;
}

/**
 * Writes the training rows of a table to disk in a seeded order, and returns a stream. Its epochs are consecutive parts
 * of the rows.
 */
export async function streamRows(
  { source }: LargeTable,
  layout: RowLayout,
  choice: StreamChoice,
  voice: Voice,
): Promise<StreamedRows> {
  const [width, given] = [layout.columns.length, contextSize(layout)];
  const shuffled = await ShuffledRows.create(width + given);
  try {
    const { splitColumn, missing = "error" } = choice;
    const columns = [...layout.columns, ...contextNames(layout), ...(splitColumn === undefined ? [] : [splitColumn])];
    const kinds = { ...layoutKinds(layout), ...(splitColumn !== undefined && { [splitColumn]: "text" as const }) };
    for await (const chunk of source.chunks({ columns, kinds, missing, chunkRows: CHUNK_ROWS })) {
      const rows = tableRows(trainingRows(chunk, choice, source.name), layout, source.name);
      shuffled.add(joined(rows));
      endIfStopped(choice);
    }
    voice.tell(`${shuffled.rows} training rows, in random order on disk`);
    await shuffled.shuffle(choice.seed);
  } catch (error) {
    await shuffled.close();
    throw error;
  }
  return { ...streamOf(shuffled, width, given), close: () => shuffled.close() };
}

function trainingRows(chunk: CsvTable, { splitColumn, heldOut }: StreamChoice, file: string): CsvTable {
  const { train } = rowsByWord(chunk, splitColumn, file);
  const kept = train.filter((i) => !heldOut.has(chunk.rowNumbers[i] as number));
  return kept.length === chunk.rows ? chunk : takeCsvRows(chunk, kept);
}

/** The modeled columns and the context of rows side by side. */
function joined({ x, context }: TableRows): Float64Array {
  if (context === undefined) return Float64Array.from(x.data);
  const [rows, width] = x.shape as unknown as readonly [number, number];
  const given = context.shape[1] as number;
  const all = new Float64Array(rows * (width + given));
  for (let i = 0; i < rows; i++) {
    for (let j = 0; j < width; j++) all[i * (width + given) + j] = x.data[i * width + j] as number;
    for (let j = 0; j < given; j++) all[i * (width + given) + width + j] = context.data[i * given + j] as number;
  }
  return all;
}

function streamOf(shuffled: ShuffledRows, width: number, given: number): Omit<StreamedRows, "close"> {
  const total = shuffled.rows;
  const blockRows = Math.min(total, BLOCK_ROWS);
  const rows = Math.min(total, MOST_BLOCKS * BLOCK_ROWS);
  return {
    rows: total,
    epochs: Math.ceil(total / rows),
    stream: {
      ...{ rows, blockRows },
      block: async (epoch, index) => {
        const count = Math.min(blockRows, rows - index * blockRows);
        // The last epoch goes on with the first rows.
        const from = ((epoch - 1) * rows + index * blockRows) % total;
        const first = Math.min(count, total - from);
        const data = new Float64Array(count * (width + given));
        data.set(await shuffled.read(from, first));
        if (first < count) data.set(await shuffled.read(0, count - first), first * (width + given));
        return parted(data, count, width, given);
      },
    },
  };
}

function parted(data: Float64Array, rows: number, width: number, given: number): TableRows {
  if (given === 0) return { x: ndArray([rows, width], data) };
  const [x, context] = [new Float64Array(rows * width), new Float64Array(rows * given)];
  for (let i = 0; i < rows; i++) {
    const at = i * (width + given);
    x.set(data.subarray(at, at + width), i * width);
    context.set(data.subarray(at + width, at + width + given), i * given);
  }
  return { x: ndArray([rows, width], x), context: ndArray([rows, given], context) };
}
