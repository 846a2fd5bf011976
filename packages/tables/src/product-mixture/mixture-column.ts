import type { CellCoding } from "../density/coding/cell-coding.ts";

/** A column of a `ProductMixture`. A column of a `TableDensity` is one, too. */
export interface MixtureColumn {
  readonly name: string;
  readonly coding: CellCoding;
}

/** The codes that cells of a column have: all but that of the mixture of logistics, which networks alone use. */
export function cellCodes({ codes, components }: CellCoding): number {
  return codes - (components > 0 ? 1 : 0);
}
