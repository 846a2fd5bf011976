import type { CellSettings, EmbeddingSettings } from "@pushforward/core/extend";
import { CELL_SIZE, type CellCoding, type CodedColumn } from "../../coding/category-coding.ts";
import { type CodeRange, NumberCoding } from "../../coding/number-coding.ts";
import { contextOf } from "../../column-heads.ts";
import type { ColumnRows } from "../encoded-columns.ts";

/** Inputs and outputs of the networks of a column. */
export interface NetworkForm {
  readonly head: CellSettings;
  /** Of the codes of the columns that are read. */
  readonly embedding: EmbeddingSettings;
  /** Number of features of each column in addition to its code. */
  readonly featureCounts: readonly number[];
}

/** Rows of a column as network inputs. */
export interface NetworkRows {
  readonly rows: number;
  /** `[rows, 5]`, see `cellLogProb`. */
  readonly cells: Float32Array;
  /** `[rows, parents + features]`: the codes of the columns that are read, then their features. */
  readonly context: Float32Array;
}

/** Training data of the networks of a column: plain data, which can be sent to a worker. */
export interface NetworkTask {
  readonly form: NetworkForm;
  /** Log-probabilities of the codes of the column, by their frequencies in the training rows. */
  readonly logFrequencies: Float64Array;
  /** Places of the codes on the normal quantile scale, NaN for a missing cell. Default: the codes have no order. */
  readonly places?: Float64Array | undefined;
  /** Codes that share their values with the mixture. Default: the column has no mixture. */
  readonly bins?: CodeRange | undefined;
  readonly train: NetworkRows;
  readonly validation: NetworkRows;
}

/** A column, and the indices of its input columns among all codings. */
export interface ReadColumns {
  readonly index: number;
  readonly parents: readonly number[];
  readonly codings: readonly { readonly coding: CellCoding }[];
}

/** Widest row of an embedding. */
const MAX_WIDTH = 8;

/** The form of the networks of a column. */
export function networkForm({ index, parents, codings }: ReadColumns): NetworkForm {
  const at = (k: number): CellCoding => (codings[k] as { readonly coding: CellCoding }).coding;
  const { codes, components } = at(index);
  const tables = parents.map((k) => {
    // The mixture is no code of a cell.
    const count = at(k).codes - (at(k).components > 0 ? 1 : 0);
    return { codes: count, width: Math.min(MAX_WIDTH, Math.ceil(count / 2)) };
  });
  return {
    ...{ head: { codes, components }, embedding: { tables } },
    featureCounts: parents.map((k) => at(k).featureCount),
  };
}

/**
 * The task of the networks of a column.
 *
 * @param allocate returns the arrays of the contexts, which are large.
 */
export function networkTask(
  columns: ReadColumns,
  train: ColumnRows,
  validation: ColumnRows,
  allocate?: (length: number) => Float32Array,
): NetworkTask {
  const { index, parents, codings } = columns;
  const { coding } = codings[index] as { readonly coding: CellCoding };
  const rowsOf = ({ coded, rows }: ColumnRows): NetworkRows => ({
    ...{ rows, cells: (coded[index] as CodedColumn).cells },
    context: contextOf(parents, coded, 0, rows, allocate),
  });
  return {
    form: networkForm(columns),
    logFrequencies: coding.logFrequencies(countCodes(train.coded[index] as CodedColumn, coding.codes)),
    ...(coding instanceof NumberCoding && { places: coding.codePlaces, bins: coding.binCodes }),
    ...{ train: rowsOf(train), validation: rowsOf(validation) },
  };
}

/** How often each code of a column occurs in some rows. */
function countCodes({ cells }: CodedColumn, codes: number): Float64Array {
  const counts = new Float64Array(codes);
  for (let at = 0; at < cells.length; at += CELL_SIZE) {
    const code = cells[at] as number;
    if (code >= 0) counts[code] = (counts[code] as number) + 1;
  }
  return counts;
}
