import { learnedTable } from "@pushforward/columns/extend";
import {
  type ColumnEvent,
  type ColumnTrainingEvent,
  createKey,
  type FitTableEvent,
  type FitTableResult,
  fitTableEvents,
} from "pushforward";
import type { Phase, Settings } from "../../shared/settings.ts";
import type { ColumnProgress, TableProgress } from "../../shared/table-protocol.ts";
import { PauseGate } from "../runs/training-run.ts";
import type { MixedTable } from "./read-mixed.ts";

/** Time between two reports, in ms. */
const REPORT = 100;
/** Time over which the rate of steps is taken, in ms. */
const RATE_WINDOW = 2000;

/** The training of the density of a table: it can pause, take single steps, go on and stop. */
export class TableRun {
  /** Gate for pauses. */
  readonly gate: PauseGate = new PauseGate();
  private readonly table: MixedTable;
  private readonly settings: Settings;
  private readonly tell: (progress: TableProgress) => void;
  private readonly controller = new AbortController();
  private phase: Phase = "training";
  private columns: ColumnProgress[] = [];
  private places = new Map<string, number>();
  private readonly changed = new Set<number>();
  private rows = { trainRows: 0, validationRows: 0 };
  private done = 0;
  private steps = 0;
  private reported = 0;
  private marks: { readonly time: number; readonly steps: number }[] = [];

  constructor(table: MixedTable, settings: Settings, tell: (progress: TableProgress) => void) {
    this.table = table;
    this.settings = settings;
    this.tell = tell;
  }

  /** Trains to the end. */
  async run(): Promise<FitTableResult> {
    const { seed, members, epochs, threads } = this.settings;
    const { understood, learned, relations } = this.table;
    const events = fitTableEvents(learnedTable({ ...understood, learned }), {
      key: createKey(seed),
      ...{ relations, threads, signal: this.controller.signal },
      members: members === 0 ? undefined : members,
      maxEpochs: epochs === 0 ? undefined : epochs,
    });
    for (;;) {
      const next = await events.next();
      if (next.done) {
        this.phase = "finished";
        this.report();
        return next.value;
      }
      this.follow(next.value);
      if (performance.now() - this.reported >= REPORT) this.report();
      await this.gate.wait(
        () => this.showPause(),
        () => this.showTraining(),
      );
    }
  }

  /** Stops the training. The remaining columns keep their frequencies. */
  stop(): void {
    this.controller.abort();
    this.gate.resume();
  }

  private follow(event: FitTableEvent): void {
    if (event.type === "start") {
      const { columns, trainRows, validationRows } = event;
      this.rows = { trainRows, validationRows };
      this.places = new Map(columns.map((name, place) => [name, place]));
      this.columns = columns.map((name) => ({
        ...{ name, phase: "waiting", network: 0, epoch: 0, epochs: 0, gain: 0, trace: [] },
      }));
      for (const place of columns.keys()) this.changed.add(place);
    } else if (event.type === "training") this.followNetwork(event);
    else if (event.type === "column") this.followColumn(event);
  }

  private followColumn({ column, marginalNll, validationNll }: ColumnEvent): void {
    this.done++;
    this.change(column, () => ({ phase: "learned", gain: marginalNll - validationNll }));
  }

  private followNetwork({ column: name, member, marginalNll, event }: ColumnTrainingEvent): void {
    if (event.type === "step") {
      this.steps++;
      this.gate.stepped();
    } else if (event.type === "start") {
      // A network that makes way for a wider one has taught nothing that stays.
      this.change(name, ({ gain, trace }) => ({
        ...{ phase: "training", network: member + 1, epoch: 0, epochs: event.epochs },
        ...(member === 0 ? { gain: 0, trace: [] } : { gain, trace }),
      }));
    } else if (event.type === "epoch") {
      this.change(name, ({ gain, trace }) => {
        if (member > 0) return { epoch: event.epoch };
        const best = Math.max(gain, marginalNll - (event.bestValidationLoss ?? marginalNll));
        return {
          epoch: event.epoch,
          gain: best,
          trace: [...trace, marginalNll - (event.validationLoss ?? marginalNll)],
        };
      });
    }
  }

  private change(name: string, by: (column: ColumnProgress) => Partial<ColumnProgress>): void {
    const place = this.places.get(name);
    const column = place === undefined ? undefined : this.columns[place];
    if (place === undefined || column === undefined) return;
    this.columns[place] = { ...column, ...by(column) };
    this.changed.add(place);
  }

  private showPause(): void {
    this.phase = "paused";
    this.marks = [];
    this.report();
  }

  private showTraining(): void {
    this.phase = "training";
    this.report();
  }

  private report(): void {
    this.reported = performance.now();
    const changed = [...this.changed].map((place) => [place, this.columns[place] as ColumnProgress] as const);
    this.changed.clear();
    this.tell({
      phase: this.phase,
      ...{ done: this.done, total: this.columns.length, step: this.steps, stepsPerSecond: this.rate() },
      ...this.rows,
      changed,
    });
  }

  /** Steps per second, lately. */
  private rate(): number {
    if (this.phase !== "training") return 0;
    const now = performance.now();
    this.marks.push({ time: now, steps: this.steps });
    while (this.marks.length > 2 && now - (this.marks[0]?.time ?? now) > RATE_WINDOW) this.marks.shift();
    const [first] = this.marks;
    return first === undefined || now === first.time ? 0 : (1000 * (this.steps - first.steps)) / (now - first.time);
  }
}
