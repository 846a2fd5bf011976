import { createKey, type Key } from "pushforward";

/** One figure of a table, over seeds. */
export interface Row {
  /** What was fitted. */
  readonly model: string;
  /** What was measured, in nats where it has a unit. */
  readonly quantity: string;
  /** The number that the notebook printed, or what its picture shows. */
  readonly notebook?: number | string;
  /** What no model can get below on average: the entropy of the true density. */
  readonly floor?: number;
  /** The best that a model of this kind can reach, where that is above the floor. */
  readonly limit?: number;
  /** Original model, loop and loss: a number for each seed. */
  readonly faithful?: readonly number[];
  /** Our model and loop. */
  readonly ours?: readonly number[];
  /** Shown as the median of the seeds with the lowest and the highest: some of them failed altogether. */
  readonly uneven?: boolean;
  /** Seconds of each faithful and of each of our fits. */
  readonly faithfulSeconds?: readonly number[];
  readonly oursSeconds?: readonly number[];
}

/** What an experiment came to. */
export interface Outcome {
  readonly id: string;
  readonly title: string;
  readonly rows: readonly Row[];
  /** Sentences: why it fails, what is wrong in the original, what else was seen. */
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
  /** A short form that shows that everything runs: few rows, few epochs. Its figures mean nothing. */
  readonly quick: boolean;
  /** Stores a picture. */
  readonly save: (name: string, svg: string) => void;
  readonly log: (text: string) => void;
}

/** Where an experiment runs: repeats it over seeds and takes its figures, notes and pictures. */
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
   * Does a thing once for each seed and gathers its figures by name: `{ nll: [seed 0, seed 1, …], … }`. What differs
   * between two calls for the same seed is for `run` to fold into its key.
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

/** Mean and standard deviation (n − 1) of figures over seeds. */
export function meanAndSpread(values: readonly number[]): readonly [mean: number, spread: number] {
  const n = values.length;
  const mean = values.reduce((sum, value) => sum + value, 0) / n;
  const squares = values.reduce((sum, value) => sum + (value - mean) ** 2, 0);
  return [mean, n > 1 ? Math.sqrt(squares / (n - 1)) : 0];
}
