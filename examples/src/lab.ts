import { createKey, type Key } from "pushforward";

/** One figure of a table, over seeds. */
export interface Row {
  /** Name of the fitted model. */
  readonly model: string;
  /** Name of the measured quantity, in nats if it has a unit. */
  readonly quantity: string;
  /** Number printed in the notebook, or result shown in its picture. */
  readonly notebook?: number | string;
  /** Lower bound for every model on average: the entropy of the true density. */
  readonly floor?: number;
  /** The best that a model of this kind can reach, where that is above the floor. */
  readonly limit?: number;
  /** Original model, loop and loss: a number for each seed. */
  readonly faithful?: readonly number[];
  /** Our model and loop. */
  readonly ours?: readonly number[];
  /** Show the median of the seeds, with minimum and maximum, because some seeds failed completely. */
  readonly uneven?: boolean;
  /** Seconds of each faithful and of each of our fits. */
  readonly faithfulSeconds?: readonly number[];
  readonly oursSeconds?: readonly number[];
}

/** Result of an experiment. */
export interface Outcome {
  readonly id: string;
  readonly title: string;
  readonly rows: readonly Row[];
  /** Sentences: reasons for a failure, errors in the original, other observations. */
  readonly notes: readonly string[];
  /** Names of the pictures written. */
  readonly pictures: readonly string[];
}

/** An experiment of the original project. */
export interface Experiment {
  readonly id: string;
  readonly title: string;
  readonly run: (lab: Lab) => Promise<void>;
}

/** Options of {@link Lab}. */
export interface LabOptions {
  readonly seeds: number;
  /** A short run that only shows that everything works: few rows, few epochs. Its results have no meaning. */
  readonly quick: boolean;
  /** Stores a picture. */
  readonly save: (name: string, svg: string) => void;
  readonly log: (text: string) => void;
}

/** Environment of an experiment: repeats it over seeds and collects its results, notes and pictures. */
export class Lab {
  readonly quick: boolean;
  readonly rows: Row[] = [];
  readonly notes: string[] = [];
  readonly pictures: string[] = [];
  private readonly options: LabOptions;

  constructor(options: LabOptions) {
    this.options = options;
    this.quick = options.quick;
  }

  /** A number for a full run, and a small one for a short run. */
  size(full: number, quick: number): number {
    return this.quick ? quick : full;
  }

  /**
   * Runs a function once for each seed and collects its results by name: `{ nll: [seed 0, seed 1, …], … }`. If two
   * calls for the same seed must differ, `run` folds the difference into its key.
   */
  async repeat<T extends Readonly<Record<string, number>>>(
    what: string,
    run: (key: Key, seed: number) => Promise<T>,
  ): Promise<{ readonly [K in keyof T]: number[] }> {
    const gathered: Record<string, number[]> = {};
    for (let seed = 0; seed < this.options.seeds; seed++) {
      const figures = await run(createKey(seed), seed);
      for (const [name, value] of Object.entries(figures)) {
        gathered[name] = [...(gathered[name] ?? []), value];
      }
      const shown = Object.entries(figures).map(([name, value]) => `${name} ${Number(value.toPrecision(5))}`);
      this.options.log(`  ${what}, seed ${seed}: ${shown.join(", ")}`);
    }
    return gathered as { [K in keyof T]: number[] };
  }

  row(row: Row): void {
    this.rows.push(row);
  }

  note(text: string): void {
    this.notes.push(text);
    this.options.log(`  ${text}`);
  }

  picture(name: string, svg: string): void {
    this.pictures.push(name);
    this.options.save(name, svg);
  }
}

/** Mean and standard deviation (n − 1) of results over seeds. */
export function meanAndSpread(values: readonly number[]): readonly [mean: number, spread: number] {
  const n = values.length;
  const mean = values.reduce((sum, value) => sum + value, 0) / n;
  const squares = values.reduce((sum, value) => sum + (value - mean) ** 2, 0);
  return [mean, n > 1 ? Math.sqrt(squares / (n - 1)) : 0];
}
