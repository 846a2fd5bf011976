import type { PlanData } from "@pushforward/core/plain";
import type { Place, PlanGradients, PlanLayout } from "../plan/plan-layout.ts";
import { PlanRun } from "../plan/plan-run.ts";
import { kernelsOn } from "../wasm/wasm-kernels.ts";
import {
  ACTIVE,
  CONSTANTS,
  GENERATION,
  reportFailure,
  type TeamMemory,
  tell,
  waitFor,
  workerWords,
} from "./team-memory.ts";

/** Start message of a worker. */
export interface WorkerJob {
  /** Its number. */
  readonly worker: number;
  readonly module: WebAssembly.Module;
  readonly memory: WebAssembly.Memory;
  readonly places: TeamMemory;
  readonly plan: PlanData;
  readonly layout: PlanLayout;
  readonly passes: PlanGradients;
}

/** The other end of a worker, in a browser and in Node. */
interface Port {
  onmessage: ((event: { readonly data: WorkerJob }) => void) | null;
  postMessage(message: "ready"): void;
}

/** The program of a worker: waits for its job and computes its share of step after step, until it is stopped. */
export function servePlan(): void {
  const port = (globalThis.process?.getBuiltinModule?.("node:worker_threads").parentPort ?? globalThis) as Port;
  port.onmessage = ({ data }) => {
    port.onmessage = null;
    const share = new WorkerShare(data);
    port.postMessage("ready");
    share.run();
  };
}

/** The share of a worker in the steps of a training. */
class WorkerShare {
  private readonly job: WorkerJob;
  private readonly words: Int32Array;
  private readonly add: (values: Float32Array, to: Float32Array) => void;
  private readonly bind: (rows: number) => PlanRun;
  private readonly runs = new Map<number, PlanRun>();
  /** Version of the untrained parameters that `runs` have seen. */
  private constants = 0;
  private readonly sums = new Map<number, readonly Float32Array[]>();

  constructor(job: WorkerJob) {
    const { memory, places, plan, layout, passes, worker } = job;
    this.job = job;
    this.words = new Int32Array(memory.buffer);
    const kernels = kernelsOn(memory, job.module);
    this.add = kernels.add;
    const { firstRow } = workerWords(worker);
    const own = places.workers[worker] as TeamMemory["workers"][number];
    const arrays = {
      arena: this.view(own.arena),
      parameters: places.parameters.map((place) => this.view(place)),
      gradients: own.gradients.map((place) => place && this.view(place)),
      draws: {
        firstRow: this.words.subarray(firstRow, firstRow + 1),
        keys: this.words.subarray(places.keys.start, places.keys.start + places.keys.size),
      },
    };
    this.bind = (rows) => new PlanRun(kernels, plan, layout, passes, arrays, rows);
  }

  run(): void {
    const { words } = this;
    const { computed, done } = workerWords(this.job.worker);
    for (let step = 1; ; step = (step + 1) | 0) {
      waitFor(words, GENERATION, step, true);
      try {
        this.compute();
        tell(words, computed, step);
        this.addUp(step);
      } catch (error) {
        reportFailure(words, String(error));
        tell(words, computed, step);
      }
      tell(words, done, step);
    }
  }

  private compute(): void {
    const rows = this.words[workerWords(this.job.worker).rows] as number;
    if (rows === 0) return;
    const constants = this.words[CONSTANTS] as number;
    if (constants !== this.constants) this.runs.clear();
    this.constants = constants;
    const run = this.runs.get(rows) ?? this.bind(rows);
    this.runs.set(rows, run);
    run.forward();
    run.backward();
  }

  /** Adds a part of the gradients of the remaining workers to the first worker's gradients, in worker order. */
  private addUp(step: number): void {
    const active = this.words[ACTIVE] as number;
    if (active < 2 || this.job.worker >= active) return;
    for (let k = 0; k < active; k++) waitFor(this.words, workerWords(k).computed, step, true);
    const [total, ...others] = this.partsFor(active) as [Float32Array, ...Float32Array[]];
    for (const part of others) this.add(part, total);
  }

  /** The part of each worker's gradients that this one adds up. */
  private partsFor(active: number): readonly Float32Array[] {
    let parts = this.sums.get(active);
    if (parts === undefined) {
      const { worker, places } = this.job;
      parts = places.workers.slice(0, active).map(({ trained }) => {
        const gradients = this.view(trained);
        const bound = (k: number): number => 16 * Math.floor((k * gradients.length) / 16 / active);
        return gradients.subarray(bound(worker), bound(worker + 1));
      });
      this.sums.set(active, parts);
    }
    return parts;
  }

  private view({ start, size }: Place): Float32Array {
    return new Float32Array(this.job.memory.buffer, 4 * start, size);
  }
}
