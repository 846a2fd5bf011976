// What the page and the trainer say to each other of questions: some columns given, the others answered.
import type { Range } from "./settings.ts";
import type { TableAxis } from "./table-protocol.ts";

/** A cell given by the visitor: a number, a category, a date in the format of the file, or null for a missing cell. */
export type GivenCell = number | string | null;

/** Known columns of a row, in the order in which they were given. */
export type Given = readonly (readonly [column: string, cell: GivenCell])[];

/** How the value of a column is chosen. */
export type AskControl =
  | {
      readonly kind: "number";
      readonly range: Range;
      readonly step: number;
      /** Slider position before a value is given. */
      readonly start: number;
      /** True if values are texts that the trainer reads: dates. */
      readonly isText: boolean;
    }
  | { readonly kind: "category"; readonly values: readonly string[] };

/** Where a distribution lies, in a few words. */
export type Center =
  | { readonly kind: "mean"; readonly value: number /** As the file writes it, for dates. */; readonly text?: string }
  | { readonly kind: "most likely"; readonly label: string; readonly share: number };

/** The distribution of a column as bars. */
export interface ColumnAnswer {
  readonly column: string;
  readonly shares: readonly number[];
  /** The share of missing cells of a column of numbers. */
  readonly missing: number;
  /** Absent where all cells are missing. */
  readonly center?: Center;
}

/** A column that is given or answered. */
export interface AskColumn {
  readonly control: AskControl;
  readonly canBeMissing: boolean;
  readonly axis: TableAxis;
  /** Its distribution without conditions. */
  readonly marginal: ColumnAnswer;
}

/** A given cell in the format of the file, and its slider position. */
export interface GivenText {
  readonly column: string;
  readonly text: string;
  readonly value?: number;
}

/** Distributions of the remaining columns of a partly known row. */
export interface Answer {
  readonly given: readonly GivenText[];
  /** True if at least one draw meets the conditions. */
  readonly fits: boolean;
  readonly columns: readonly ColumnAnswer[];
  /** Number of draws, and effective number of equally weighted draws. */
  readonly draws: number;
  readonly effective: number;
  /** True if only a new question yields more draws. */
  readonly isDone: boolean;
  /** Problem with the answer, in a sentence. */
  readonly warning?: string;
  /** Rows that meet the conditions, from the command line. */
  readonly command: string;
}

/** Calls to the trainer that are about questions. */
export interface AskApi {
  /** The columns that can be given; none where the model takes no questions. */
  askColumns(nothing: null): Promise<readonly AskColumn[]>;
  /** Prepares the first question. Called once. */
  prepareQuestions(nothing: null): Promise<void>;
  /** A first answer, from a few draws; null when the model has gone. */
  ask(given: Given): Promise<Answer | null>;
  /** The answer to the same question with more draws. */
  askMore(nothing: null): Promise<Answer | null>;
}
