import {
  DataError,
  type Distribution,
  type Key,
  type NdArray,
  ndArray,
  OptionError,
  ShapeError,
} from "@pushforward/core";
import { checkOptions, describeValue } from "@pushforward/core/extend";
import { formatShape, runToEnd, TimeSlice } from "@pushforward/core/plain";
import { sampleRows } from "@pushforward/flows";
import {
  type BatchSimulator,
  DropCounter,
  type DroppedSimulations,
  describeDropped,
  type RowSimulator,
  SimulationError,
  type Simulations,
  type Simulator,
} from "./simulator.ts";

/** Options of a simulation run. */
export interface SimulationProblem {
  /** Source of the parameters; events `[parameters]`. */
  readonly prior: Distribution;
  readonly simulator: Simulator;
  /** Number of simulations, including dropped ones. */
  readonly simulations: number;
}

/** Options of {@link simulateEvents}. */
export interface SimulateOptions {
  /** Decides parameters and simulations. */
  readonly key: Key;
  /** Maximum number of concurrent calls of an asynchronous simulator. Default: 8. */
  readonly concurrency?: number | undefined;
  /**
   * Rows of an aborted run with the same prior, simulator, number of simulations and key: its result, or the same
   * numbers read from a file. They are not simulated again. The result is the same as without an abort.
   */
  readonly resume?: ResumedSimulations | undefined;
  /** Keeps simulations with some, but not all, numbers NaN. Default: false. */
  readonly keepsMissing?: boolean | undefined;
  /** Stops after the current calls. */
  readonly signal?: AbortSignal | undefined;
}

/** Part of a {@link SimulationResult} for resuming. */
export type ResumedSimulations = Pick<SimulationResult, "parameters" | "data" | "attempted" | "dropped">;

/** After some simulations. */
export interface SimulationEvent {
  readonly type: "simulation";
  readonly done: number;
  readonly total: number;
  readonly dropped: number;
}

/** Valid simulations, and counts of dropped ones. */
export interface SimulationResult extends Simulations {
  /** Number of completed simulations. */
  readonly attempted: number;
  readonly dropped: readonly DroppedSimulations[];
  readonly reason: "completed" | "aborted";
}

const CONCURRENCY = 8;
const BATCH = 1000;
/** Events, about. */
const EVENTS = 100;

/**
 * Draws parameters from a prior and simulates data for each: events while it runs, then the result.
 *
 * A simulation is dropped if the simulator throws, if a number is not a finite float32, or if its length differs from the first
 * valid one; a batch that throws, or has a wrong shape, is dropped entirely. Dropped simulations are not replaced: the result
 * belongs to the prior restricted to valid parameters. The same key produces the same rows, in the order of the parameters, for
 * any completion order of asynchronous simulators.
 *
 * @throws {SimulationError} all were dropped.
 * @throws {OptionError} a count that is not a positive integer.
 * @throws {ShapeError} the events of the prior are not vectors.
 * @throws {DataError} `resume` has parameters of a different prior or key, or a different batch size.
 * @example
 * const simulator: RowSimulator = ([mean = 0], key) => key.normal(20).map((noise) => mean + noise);
 * const prior = new Uniform({ low: [-1], high: [1] });
 * for await (const { done, total } of simulateEvents({ prior, simulator, simulations: 1000 }, { key })) {
 *   console.log(`${done} of ${total}`);
 * }
 */
export async function* simulateEvents(
  problem: SimulationProblem,
  options: SimulateOptions,
): AsyncGenerator<SimulationEvent, SimulationResult, void> {
  checkOptions("simulate", options, { key: true, concurrency: true, resume: true, keepsMissing: true, signal: true });
  const { prior, simulator, simulations } = problem;
  const { key } = options;
  checkSimulator(simulator);
  if (prior?.eventShape === undefined) throw new OptionError("simulate: expected a prior, got none.");
  count("simulations", simulations);
  if (prior.eventShape.length !== 1 || prior.batchShape.length > 0) {
    throw new ShapeError(
      `simulate: expected a prior over vectors, without batch axes, got event shape ${formatShape(prior.eventShape)} ` +
        `and batch shape ${formatShape(prior.batchShape)}.`,
    );
  }
  return yield* simulateRows(sampleRows(prior, key.fold("prior"), simulations), simulator, options);
}

/** Simulates data for each row of parameters: events while it runs, then the result. */
export async function* simulateRows(
  parameters: NdArray,
  simulator: Simulator,
  given: SimulateOptions,
): AsyncGenerator<SimulationEvent, SimulationResult, void> {
  const { key, signal, ...options } = given;
  const concurrency = count("concurrency", options.concurrency ?? CONCURRENCY);
  const run = new SimulationRun(parameters, simulator, key.fold("simulator"), options.keepsMissing ?? false);
  const start = options.resume === undefined ? 0 : run.resume(options.resume);
  const block = Math.max(concurrency, Math.ceil(run.calls / EVENTS));
  const slice = new TimeSlice();
  let aborted = false;
  for (let from = start; from < run.calls && !aborted; from += block) {
    const to = Math.min(run.calls, from + block);
    let next = from;
    const work = async (): Promise<void> => {
      while (next < to && !signal?.aborted) {
        const call = next++;
        await run.call(call);
        await slice.breathe();
      }
    };
    await Promise.all(Array.from({ length: Math.min(concurrency, to - from) }, work));
    aborted = signal?.aborted ?? false;
    yield { type: "simulation", done: run.done, total: parameters.shape[0] as number, dropped: run.failed };
  }
  return run.result(aborted ? "aborted" : "completed");
}

/**
 * Runs {@link simulateEvents} and returns its result.
 *
 * @throws the errors of `simulate`.
 * @example
 * const { parameters, data, dropped } = await simulate({ prior, simulator, simulations: 1000 }, { key });
 * data; // → shape [1000, 2]
 */
export function simulate(problem: SimulationProblem, options: SimulateOptions): Promise<SimulationResult> {
  return runToEnd(simulateEvents(problem, options));
}

/** Outcome of a simulation. */
type Outcome = { readonly row: ArrayLike<number> } | { readonly failure: string };

class SimulationRun {
  readonly calls: number;
  private readonly parameters: NdArray;
  private readonly simulator: Simulator;
  private readonly key: Key;
  private readonly batchSize: number;
  private readonly keepsMissing: boolean;
  private readonly outcomes: (Outcome | undefined)[];
  /** Completed rows, and individually failed rows. */
  done = 0;
  failed = 0;
  private cause: unknown;
  private readonly dropped = new DropCounter();

  constructor(parameters: NdArray, simulator: Simulator, key: Key, keepsMissing: boolean) {
    this.keepsMissing = keepsMissing;
    this.parameters = parameters;
    this.simulator = simulator;
    this.key = key;
    this.batchSize = typeof simulator === "function" ? 1 : count("batchSize", simulator.batchSize ?? BATCH);
    const rows = parameters.shape[0] as number;
    this.calls = Math.ceil(rows / this.batchSize);
    this.outcomes = Array(rows);
  }

  /** Restores the rows of an aborted run, and returns the next call. */
  resume({ parameters, data, attempted, dropped }: ResumedSimulations): number {
    const fail = (expected: string, got: string): never => {
      throw new DataError(`simulate: expected resume ${expected}, got ${got}.`);
    };
    const [rows, width] = this.parameters.shape as unknown as readonly [number, number];
    const [kept, size] = data.shape as unknown as readonly [number, number];
    if (parameters.shape[0] !== kept || parameters.shape[1] !== width) {
      fail(
        `with ${width} parameters for each row of data`,
        `${formatShape(parameters.shape)} and ${formatShape(data.shape)}`,
      );
    }
    const isWhole = attempted === rows || attempted % this.batchSize === 0;
    if (!(Number.isSafeInteger(attempted) && attempted >= kept && attempted <= rows && isWhole)) {
      fail(`of whole batches of ${this.batchSize} of ${rows} simulations`, `${attempted} with ${kept} rows`);
    }
    const isRow = (row: number, of: number): boolean => {
      for (let j = 0; j < width; j++) {
        if (this.parameters.data[row * width + j] !== parameters.data[of * width + j]) return false;
      }
      return true;
    };
    let next = 0;
    for (let row = 0; row < attempted && next < kept; row++) {
      if (!isRow(row, next)) continue;
      this.outcomes[row] = { row: Float64Array.from(data.data.subarray(next * size, (next + 1) * size)) };
      next++;
    }
    if (next < kept) fail("with the parameters that prior and key give", `others in row ${next}`);
    for (const { reason, count: times, first } of dropped) this.dropped.add(reason, first, times);
    this.done = attempted;
    this.failed = attempted - kept;
    return Math.ceil(attempted / this.batchSize);
  }

  /** Makes one call; it never throws. */
  async call(index: number): Promise<void> {
    const from = index * this.batchSize;
    const to = Math.min(this.outcomes.length, from + this.batchSize);
    const key = this.key.fold(index);
    const outcomes =
      typeof this.simulator === "function"
        ? [await this.one(this.simulator, from, key)]
        : await this.many(this.simulator, from, to, key);
    for (const [i, outcome] of outcomes.entries()) {
      this.outcomes[from + i] = outcome;
      if ("failure" in outcome) this.failed++;
    }
    this.done += to - from;
  }

  result(reason: "completed" | "aborted"): SimulationResult {
    const width = this.parameters.shape[1] as number;
    const kept: number[] = [];
    const rows: ArrayLike<number>[] = [];
    const { dropped } = this;
    let size: number | undefined;
    for (const [i, outcome] of this.outcomes.entries()) {
      if (outcome === undefined) continue;
      if ("failure" in outcome) {
        dropped.add(outcome.failure, i);
        continue;
      }
      size ??= outcome.row.length;
      if (outcome.row.length !== size) {
        dropped.add(`${outcome.row.length} numbers instead of ${size}`, i);
        continue;
      }
      kept.push(i);
      rows.push(outcome.row);
    }
    const report = dropped.report();
    if (rows.length === 0 && reason === "completed") {
      throw new SimulationError(
        `simulate: expected a simulation of finite numbers, got none of ${this.done}: ${describeDropped(report)}. ` +
          "Try the simulator on a draw of the prior.",
        report,
        { cause: this.cause },
      );
    }
    const data = new Float64Array(rows.length * (size ?? 0));
    for (const [i, row] of rows.entries()) data.set(row, i * row.length);
    const parameters = new Float64Array(kept.length * width);
    for (const [to, i] of kept.entries()) {
      parameters.set(this.parameters.data.subarray(i * width, (i + 1) * width), to * width);
    }
    return {
      parameters: ndArray([kept.length, width], parameters),
      data: ndArray([rows.length, size ?? 0], data),
      attempted: this.done,
      dropped: report,
      reason,
    };
  }

  private async one(simulator: RowSimulator, row: number, key: Key): Promise<Outcome> {
    const width = this.parameters.shape[1] as number;
    try {
      // A copy: what a simulator writes into its parameters must not reach the table.
      const made = await simulator(
        Float64Array.from(this.parameters.data.subarray(row * width, (row + 1) * width)),
        key,
      );
      return checked(made, this.keepsMissing);
    } catch (error) {
      return { failure: this.thrown(error) };
    }
  }

  private async many(simulator: BatchSimulator, from: number, to: number, key: Key): Promise<Outcome[]> {
    const width = this.parameters.shape[1] as number;
    const rows = to - from;
    const all = (failure: string): Outcome[] => Array.from({ length: rows }, () => ({ failure }));
    try {
      const values = Float64Array.from(this.parameters.data.subarray(from * width, to * width));
      const { shape, data } = await simulator.batch(ndArray([rows, width], values), key);
      if (shape.length !== 2 || shape[0] !== rows || data.length !== rows * (shape[1] as number)) {
        return all(`a batch of shape ${formatShape(shape)} for ${rows} rows`);
      }
      const size = shape[1] as number;
      return Array.from({ length: rows }, (_, i) => checked(data.slice(i * size, (i + 1) * size), this.keepsMissing));
    } catch (error) {
      return all(this.thrown(error));
    }
  }

  private thrown(error: unknown): string {
    this.cause ??= error;
    return `threw ${error instanceof Error ? `${error.name}: ${error.message}` : String(error)}`;
  }
}

function checked(row: unknown, keepsMissing: boolean): Outcome {
  if (typeof row !== "object" || row === null || !("length" in row)) return { failure: "no list of numbers" };
  const values = Float64Array.from(row as ArrayLike<number>);
  if (values.length === 0) return { failure: "no numbers" };
  // The models compute in float32, where 1e39 is infinite.
  const isMissing = (value: number): boolean => keepsMissing && Number.isNaN(value);
  if (values.every(isMissing)) return { failure: "no number that is not NaN" };
  const bad = values.findIndex((value) => !isMissing(value) && !Number.isFinite(Math.fround(value)));
  if (bad >= 0) return { failure: `${Number.isNaN(values[bad]) ? "NaN" : "Infinity"} in column ${bad}` };
  return { row: values };
}

function checkSimulator(simulator: unknown): void {
  if (typeof simulator === "function") return;
  if (typeof simulator === "object" && simulator !== null && "batch" in simulator) {
    if (typeof simulator.batch === "function") return;
  }
  throw new OptionError(
    `simulate: expected simulator to be a function (parameters, key) => numbers, or { batch(parameters, key) }, got ${simulator === null ? "null" : typeof simulator}.`,
  );
}

function count(name: string, value: number): number {
  if (Number.isSafeInteger(value) && value >= 1) return value;
  throw new OptionError(`simulate: expected ${name} to be an integer from 1, got ${describeValue(value)}.`);
}
