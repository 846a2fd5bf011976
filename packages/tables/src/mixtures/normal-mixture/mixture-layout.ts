import { cellCodes, type MixtureColumn } from "../product-mixture/mixture-tables.ts";
import { type OrderedRanks, orderedRanks } from "./ordered-ranks.ts";

/** Codes of the table of a column whose values have an order: a value is there, or it is missing. */
export const PRESENT = 0;
export const MISSING = 1;

/** A column of a mixture of normals. */
export interface LaidOutColumn extends MixtureColumn {
  /** Of a column whose values have an order. */
  readonly ranks: OrderedRanks | undefined;
  /** The coordinate of the normals; −1 without an order. */
  readonly coordinate: number;
  /** Where the table of the column begins, and how many codes it has: 0 for an order without missing cells. */
  readonly tableFrom: number;
  readonly tableCodes: number;
}

/** What the columns of a mixture of normals are. */
export interface MixtureLayout {
  readonly columns: readonly LaidOutColumn[];
  /** Dimension of the normals. */
  readonly size: number;
  /** Sum of the codes of all tables. */
  readonly codes: number;
}

/** Columns whose values have an order are coordinates of the normals, the others have tables. */
export function mixtureLayout(columns: readonly MixtureColumn[]): MixtureLayout {
  let [size, codes] = [0, 0];
  const laidOut = columns.map(({ name, coding }): LaidOutColumn => {
    const ranks = orderedRanks(coding);
    const tableCodes = ranks === undefined ? cellCodes(coding) : coding.missingCode === undefined ? 0 : 2;
    const column = { name, coding, ranks, coordinate: ranks === undefined ? -1 : size, tableFrom: codes, tableCodes };
    if (ranks !== undefined) size++;
    codes += tableCodes;
    return column;
  });
  return { columns: laidOut, size, codes };
}
