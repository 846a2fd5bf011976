import type { Key } from "@pushforward/core";
import { epochOrder, stepsPerEpoch } from "@pushforward/core/plain";
import type { Table } from "./training-data.ts";

/** The rows of one step. */
export interface StepRows {
  readonly table: Table;
  readonly rows: Int32Array;
}

/** The steps of one epoch. */
export interface EpochSteps {
  /** The rows of a step, counted from 0; a promise where they have to be read first. */
  at(step: number): StepRows | Promise<StepRows>;
}

/** Where the rows of the steps come from. */
export interface TrainingSource {
  /** Number of rows of an epoch. */
  readonly rows: number;
  /** Rows that show the shapes of all. */
  readonly sample: Table;
  stepsPerEpoch(batchSize: number): number;
  /** The steps of an epoch, in an order that is a function of the key and the epoch alone; without a key in that of the data. */
  epoch(batchSize: number, key: Key | undefined, epoch: number): EpochSteps;
}

/** Rows in memory. */
export class TableTrainingSource implements TrainingSource {
  readonly sample: Table;

  constructor(table: Table) {
    this.sample = table;
  }

  get rows(): number {
    return this.sample.rows.length;
  }

  stepsPerEpoch(batchSize: number): number {
    return stepsPerEpoch(this.rows, batchSize);
  }

  epoch(batchSize: number, key: Key | undefined, epoch: number): EpochSteps {
    const table = this.sample;
    const order = epochOrder(table, batchSize, key?.fold("epoch").fold(epoch));
    return { at: (step) => ({ table, rows: order.batch(step) }) };
  }
}
