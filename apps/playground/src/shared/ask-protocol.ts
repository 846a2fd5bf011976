// What the page and the trainer say to each other of questions: some columns given, the others answered.
import type { Range } from "./settings.ts";
import type { TableAxis } from "./table-protocol.ts";

/** What a visitor has said of a cell: a number, a category, a date as the file writes it, or null for a missing one. */
export type GivenCell = number | string | null;

/** What is known of a row: its columns, in the order in which they were given. */
export type Given = readonly (readonly [column: string, cell: GivenCell])[];

/** How the value of a column is chosen. */
export type AskControl =
  | {
      readonly kind: "number";
      readonly range: Range;
      readonly step: number;
      /** Where the slider stands as long as nothing is given. */
      readonly start: number;
      /** Whether values are texts that the trainer reads: dates. */
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

/** A cell that is given, as the file writes it, and where it stands on a slider. */
export interface GivenText {
  readonly column: string;
  readonly text: string;
  readonly value?: number;
}

/** The distributions of the other columns of a row of which some are known. */
export interface Answer {
  readonly given: readonly GivenText[];
  /** Whether any draw meets the conditions. */
  readonly fits: boolean;
  readonly columns: readonly ColumnAnswer[];
  /** Draws, and how many equally weighted ones they are worth. */
  readonly draws: number;
  readonly effective: number;
  /** Whether more draws come only with another question. */
  readonly isDone: boolean;
  /** What is wrong with the answer, in a sentence. */
  readonly warning?: string;
  /** Rows that meet the conditions, from the command line. */
  readonly command: string;
}

/** Calls to the trainer that are about questions. */
export interface AskApi {
  /** The columns that can be given; none where the model takes no questions. */
  askColumns(nothing: null): Promise<readonly AskColumn[]>;
  /** Does what has to be done once, before the first question. */
  prepareQuestions(nothing: null): Promise<void>;
  /** A first answer, from a few draws; null when the model has gone. */
  ask(given: Given): Promise<Answer | null>;
  /** The answer to the same question with more draws. */
  askMore(nothing: null): Promise<Answer | null>;
}
