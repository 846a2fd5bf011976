import type { CsvTable } from "pushforward";

/** A numeric setting for the visitor, with a sentence that explains it. */
export interface Option {
  readonly label: string;
  readonly about: string;
  readonly initial: number;
  readonly least: number;
  readonly most: number;
  readonly step: number;
  readonly whole: boolean;
}

/** The numbers of a run. */
export const OPTIONS = {
  rows: {
    label: "Points",
    about: "Number of points sampled from the set. More points show finer detail.",
    ...{ initial: 2000, least: 50, most: 200_000, step: 500, whole: true },
  },
  transforms: {
    label: "Transforms",
    about: "Layers of the flow. Each bends space once more.",
    ...{ initial: 3, least: 1, most: 16, step: 1, whole: true },
  },
  width: {
    label: "Network width",
    about: "Units in each hidden layer of the networks that choose how a layer bends space.",
    ...{ initial: 64, least: 4, most: 512, step: 16, whole: true },
  },
  depth: {
    label: "Network depth",
    about: "Hidden layers of these networks.",
    ...{ initial: 2, least: 1, most: 4, step: 1, whole: true },
  },
  bins: {
    label: "Bins",
    about: "Pieces of each spline. More bins follow sharper edges.",
    ...{ initial: 8, least: 2, most: 32, step: 1, whole: true },
  },
  rate: {
    label: "Learning rate",
    about: "Size of the training steps. It decays to zero along a cosine.",
    ...{ initial: 5e-3, least: 1e-5, most: 0.1, step: 1e-3, whole: false },
  },
  steps: {
    label: "Steps",
    about:
      "Maximum number of training steps, rounded to epochs. Training stops early when the validation loss stops improving.",
    ...{ initial: 3000, least: 50, most: 200_000, step: 500, whole: true },
  },
  batch: {
    label: "Batch size",
    about: "Number of points in each training step.",
    ...{ initial: 256, least: 8, most: 4096, step: 64, whole: true },
  },
  members: {
    label: "Networks per column",
    about: "Of a table: most networks per column, whose probabilities are averaged. 0: as many as help.",
    ...{ initial: 0, least: 0, most: 8, step: 1, whole: true },
  },
  epochs: {
    label: "Epochs",
    about: "Of a table: maximum number of epochs of each network. 0: as many as give 2,400 steps, from 20 to 150.",
    ...{ initial: 0, least: 0, most: 1000, step: 10, whole: true },
  },
  threads: {
    label: "Threads",
    about: "Number of threads that share the points of a training step. Results depend on it slightly.",
    ...{ initial: 1, least: 1, most: 16, step: 1, whole: true },
  },
  seed: {
    label: "Seed",
    about: "Start of all random numbers. The same seed gives the same random numbers everywhere.",
    ...{ initial: 0, least: 0, most: 999_999_999, step: 1, whole: true },
  },
} as const satisfies Readonly<Record<string, Option>>;

export type OptionName = keyof typeof OPTIONS;

/** A text in a list with commas, as the command line takes it. */
export function csvName(text: string): string {
  return /[",]/.test(text) || text !== text.trim() ? `"${text.replaceAll('"', '""')}"` : text;
}

/** A text as a shell takes it. */
export function shellWord(text: string): string {
  return /^[\w./:@%+,-]+$/.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`;
}

/** The visitor's settings for reading a file. Missing settings are detected. */
export interface FileReading {
  readonly encoding: "found" | "utf-8" | "windows-1252";
  /** Use of the first line. `found` takes it for column names, and refuses numbers. */
  readonly header: "found" | "names" | "none";
  /** Missing-value markers in addition to the usual ones. */
  readonly na: readonly string[];
}

/** No settings: all are detected. */
export const FOUND: FileReading = { encoding: "found", header: "found", na: [] };

/** How a file was read. */
export interface FoundReading {
  readonly encoding: NonNullable<CsvTable["encoding"]>;
  /** Missing-value markers in the file, with an empty text for empty cells; undefined if not searched for. */
  readonly missing?: readonly string[];
}

/** File formats that declare their column types. */
export type TypedFormat = "parquet" | "arrow";

/** First bytes of such files. */
const SIGNATURES: ReadonlyMap<string, TypedFormat> = new Map([
  ["PAR1", "parquet"],
  ["ARROW1", "arrow"],
]);

/** Detects the format of a file from its first bytes; undefined if it is neither Parquet nor Arrow. */
export function typedFormat(head: Uint8Array): TypedFormat | undefined {
  const start = String.fromCharCode(...head.subarray(0, 6));
  return [...SIGNATURES].find(([signature]) => start.startsWith(signature))?.[1];
}
