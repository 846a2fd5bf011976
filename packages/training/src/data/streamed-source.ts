import { DataError, type Key, OptionError } from "@pushforward/core";
import { type EpochOrder, epochOrder, stepsPerEpoch } from "@pushforward/core/plain";
import {
  type EpochSteps,
  readTable,
  type StepRows,
  type Table,
  type TrainingSet,
  type TrainingSource,
} from "./training-data.ts";

/** Rows that are read block by block; each block is dealt into steps of its own. */
export class StreamedSource implements TrainingSource {
  readonly sample: Table;
  private readonly stream: RowStream;

  /** @param sample rows with the distribution of the stream. */
  constructor(stream: RowStream, sample: Table) {
    for (const name of ["rows", "blockRows"] as const) {
      if (Number.isSafeInteger(stream[name]) && stream[name] >= 1) continue;
      throw new OptionError(`train: expected ${name} of the stream to be an integer from 1, got ${stream[name]}.`);
    }
    this.stream = stream;
    this.sample = sample;
  }

  get rows(): number {
    return this.stream.rows;
  }

  stepsPerEpoch(batchSize: number): number {
    const { rows, blockRows } = this.stream;
    const whole = Math.floor(rows / blockRows);
    return whole * stepsPerEpoch(blockRows, batchSize) + stepsPerEpoch(rows % blockRows, batchSize);
  }

  epoch(batchSize: number, key: Key | undefined, epoch: number): EpochSteps {
    return new StreamedSteps(this.stream, { batchSize, key, epoch });
  }
}

interface StreamedEpoch {
  readonly batchSize: number;
  readonly key: Key | undefined;
  readonly epoch: number;
}

interface OpenBlock {
  readonly index: number;
  readonly table: Table;
  readonly order: EpochOrder;
}

class StreamedSteps implements EpochSteps {
  private readonly stream: RowStream;
  private readonly options: StreamedEpoch;
  private readonly stepsPerBlock: number;
  private open: OpenBlock | undefined;
  private next: { readonly index: number; readonly block: Promise<OpenBlock> } | undefined;

  constructor(stream: RowStream, options: StreamedEpoch) {
    this.stream = stream;
    this.options = options;
    this.stepsPerBlock = stepsPerEpoch(stream.blockRows, options.batchSize);
  }

  at(step: number): StepRows | Promise<StepRows> {
    const index = Math.floor(step / this.stepsPerBlock);
    const { open } = this;
    return open?.index === index
      ? this.rowsOf(open, step)
      : this.turnTo(index).then((block) => this.rowsOf(block, step));
  }

  private rowsOf({ index, table, order }: OpenBlock, step: number): StepRows {
    return { table, rows: order.batch(step - index * this.stepsPerBlock) };
  }

  /** Opens a block, and begins to read the one after it. */
  private async turnTo(index: number): Promise<OpenBlock> {
    const ready = this.next?.index === index ? this.next.block : this.read(index);
    this.open = undefined;
    this.open = await ready;
    const after = index + 1;
    this.next = undefined;
    if (after * this.stream.blockRows < this.stream.rows) {
      const block = this.read(after);
      // Whoever waits for it gets the error; a fit that ends before must not end the program.
      block.catch(() => undefined);
      this.next = { index: after, block };
    }
    return this.open;
  }

  private async read(index: number): Promise<OpenBlock> {
    const { rows, blockRows } = this.stream;
    const { batchSize, key, epoch } = this.options;
    const table = readTable(await this.stream.block(epoch, index), "train");
    const expected = Math.min(blockRows, rows - index * blockRows);
    const got = table.x.shape[0] as number;
    if (got !== expected) {
      throw new DataError(`train: expected ${expected} rows in block ${index} of the stream, got ${got}.`);
    }
    return { index, table, order: epochOrder(table, batchSize, key?.fold("epoch").fold(epoch).fold(index)) };
  }
}

/**
 * Rows that are read in blocks, again in each epoch: for data larger than memory. Two blocks are in memory at a time, the one
 * that is trained on and the next.
 *
 * @example
 * const stream: RowStream = {
 *   rows: 10_000,
 *   blockRows: 1000,
 *   block: async (epoch, index) => ({ x: key.fold(epoch).fold(index).normal(2000), shape: [1000, 2] }),
 * };
 */
export interface RowStream {
  /** Number of rows of an epoch. */
  readonly rows: number;
  /** Number of rows of each block; the last block of an epoch has the remaining rows. */
  readonly blockRows: number;
  /**
   * Returns a block of an epoch. Blocks count from 0, epochs from 1 as in the events. The rows are in random order.
   * Repeated calls must return the same block; two epochs may have different rows. Weights are scaled to mean 1 within
   * a block.
   */
  block(epoch: number, index: number): Promise<TrainingSet>;
}
