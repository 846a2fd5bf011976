import type { PlanData } from "@pushforward/core/plain";
import { workerProgram } from "../generated/worker.ts";
import { type Place, type PlanGradients, type PlanLayout, planKeys } from "../plan/plan-layout.ts";
import { KEY_SIZE } from "../steps/step-kind.ts";
import { sharedModule } from "../wasm/shared-module.ts";
import { kernelModule, type WasmBuild } from "../wasm/wasm-kernels.ts";
import { type OpenWorker, openWorker } from "./open-worker.ts";
import type { WorkerJob } from "./plan-worker.ts";
import {
  ACTIVE,
  CONSTANTS,
  failureIn,
  GENERATION,
  type TeamMemory,
  type TeamSizes,
  teamMemory,
  tell,
  waitFor,
  workerWords,
} from "./team-memory.ts";

/** Plan and settings of a team. */
export interface TeamPlan extends Omit<TeamSizes, "arena" | "keys"> {
  readonly plan: PlanData;
  /** For the largest share of rows that a worker gets. */
  readonly layout: PlanLayout;
  readonly passes: PlanGradients;
  /** The build of the kernels of the main thread. */
  readonly build: WasmBuild;
}

/** The arrays of a worker, for its rows in a step. */
export interface WorkerRows {
  readonly inputs: readonly Float32Array[];
  readonly seed: Float32Array;
  readonly output: Float32Array;
}

/**
 * Workers that compute shares of the rows of a training step in parallel with the main thread, in shared memory. For
 * each step: write the parameters, the {@link keys} and the {@link rowsOf} the workers, {@link start}, compute the
 * share of the main thread, {@link finish}, read the outputs and {@link gradients}. A step sends no messages and
 * allocates no memory.
 */
export class WorkerTeam {
  /** The parameters in the workers' view, in the order of the plan. */
  readonly parameters: readonly Float32Array[];
  /** By parameter: the sum of the gradients of all workers; undefined for parameters that are not trained. */
  readonly gradients: readonly (Float32Array | undefined)[];
  /** The random keys in the workers' view. */
  readonly keys: Int32Array;
  private readonly team: TeamPlan;
  private readonly places: TeamMemory;
  private readonly memory: WebAssembly.Memory;
  private readonly words: Int32Array;
  private readonly workers: OpenWorker[] = [];
  private readonly mayBlock: boolean;
  private step = 0;
  private end: string | undefined;

  private constructor(team: TeamPlan) {
    this.team = team;
    const keys = KEY_SIZE * planKeys(team.plan).flat().length;
    this.places = teamMemory({ ...team, arena: team.layout.size, keys });
    const pages = Math.ceil((4 * this.places.size) / PAGE);
    this.memory = new WebAssembly.Memory({ initial: pages, maximum: pages, shared: true });
    this.words = new Int32Array(this.memory.buffer);
    this.mayBlock = canBlock(this.words);
    this.parameters = this.places.parameters.map((place) => this.view(place));
    this.keys = new Int32Array(this.memory.buffer, 4 * this.places.keys.start, keys);
    const [first] = this.places.workers;
    this.gradients = team.parameters.map((_, id) =>
      team.trained.has(id) ? this.view(first?.gradients[id] as Place) : undefined,
    );
  }

  /**
   * Starts the workers.
   *
   * @throws {Error} workers can't start here: too little memory, or a page that forbids workers.
   */
  static async open(team: TeamPlan): Promise<WorkerTeam> {
    const opened = new WorkerTeam(team);
    try {
      await opened.openWorkers();
    } catch (error) {
      opened.dispose();
      throw error;
    }
    return opened;
  }

  /** Number of workers. */
  get size(): number {
    return this.team.workers;
  }

  /** Returns the arrays that a worker reads and writes for `rows` rows. */
  rowsOf(worker: number, rows: number): WorkerRows {
    const { plan, layout } = this.team;
    const { arena } = this.places.workers[worker] as TeamMemory["workers"][number];
    const matrix = (id: number, places: readonly (Place | undefined)[]): Float32Array => {
      const size = rows * (plan.columns[id] as number);
      return this.view({ start: arena.start + (places[id] as Place).start, size });
    };
    const [output] = plan.outputs as [number];
    return {
      inputs: plan.inputs.map((id) => matrix(id, layout.matrices)),
      seed: matrix(output, layout.gradients),
      output: matrix(output, layout.matrices),
    };
  }

  /**
   * Starts the first workers, one for each entry of `rows`.
   *
   * @param firstRows index in the batch of the first row of each worker.
   * @param hasNewConstants `true` if untrained parameters have been written.
   */
  start(rows: readonly number[], firstRows: readonly number[], hasNewConstants: boolean): void {
    if (hasNewConstants) this.words[CONSTANTS] = ((this.words[CONSTANTS] as number) + 1) | 0;
    for (let k = 0; k < this.team.workers; k++) {
      this.words[workerWords(k).rows] = rows[k] ?? 0;
      this.words[workerWords(k).firstRow] = firstRows[k] ?? 0;
    }
    this.words[ACTIVE] = rows.length;
    this.step = (this.step + 1) | 0;
    tell(this.words, GENERATION, this.step);
  }

  /** Waits for the workers. */
  finish(): void {
    for (let k = 0; k < this.team.workers; k++) waitFor(this.words, workerWords(k).done, this.step, this.mayBlock);
  }

  /** Why the team can't go on, if so. */
  get failure(): string | undefined {
    return this.end ?? failureIn(this.words);
  }

  /** Stops the workers, even in the middle of a step. */
  dispose(): void {
    for (const worker of this.workers.splice(0)) worker.stop();
  }

  private async openWorkers(): Promise<void> {
    const { memory, places } = this;
    const { plan, layout, passes } = this.team;
    const module = new WebAssembly.Module(sharedModule(kernelModule(this.team.build)));
    const { columns, inputs, outputs, steps } = plan;
    const job = { module, memory, places, plan: { columns, inputs, outputs, steps }, layout, passes };
    const ready: Promise<void>[] = [];
    for (let worker = 0; worker < this.team.workers; worker++) {
      const opened = openWorker(workerProgram, (reason) => {
        this.end = reason;
      });
      this.workers.push(opened);
      ready.push(opened.ask({ ...job, worker } satisfies WorkerJob));
    }
    await Promise.all(ready);
  }

  private view({ start, size }: Place): Float32Array {
    return new Float32Array(this.memory.buffer, 4 * start, size);
  }
}

const PAGE = 65536;

/** `true` if this thread may sleep. */
function canBlock(words: Int32Array): boolean {
  try {
    Atomics.wait(words, GENERATION, 1, 0);
    return true;
  } catch {
    return false;
  }
}
