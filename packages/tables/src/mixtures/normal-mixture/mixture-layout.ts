import { cellCodes, type MixtureColumn } from "../product-mixture/mixture-tables.ts";
import { type OrderedRanks, orderedRanks } from "./ordered-ranks.ts";

/** Codes of the table of an ordered column: a value is present, or it is missing. */
export const PRESENT = 0;
export const MISSING = 1;

/** A column of a mixture of normals. */
export interface LaidOutColumn extends MixtureColumn {
  /** Distribution function of an ordered column. */
  readonly ranks: OrderedRanks | undefined;
  /** The coordinate of the normals; −1 without an order. */
  readonly coordinate: number;
  /** Start of the table of the column, and its number of codes: 0 for an ordered column without missing cells. */
  readonly tableFrom: number;
  readonly tableCodes: number;
}

/** Layout of the columns of a mixture of normals. */
export interface MixtureLayout {
  readonly columns: readonly LaidOutColumn[];
  /** Dimension of the normals. */
  readonly size: number;
  /** Sum of the codes of all tables. */
  readonly codes: number;
}

/** Lays out columns: ordered columns become coordinates of the normals, all other columns get tables. */
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
