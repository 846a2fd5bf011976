import type { Table } from "@pushforward/datasets";
import type { TableEmbedding } from "./embedding/table-embedding.ts";
import { type View, varyingFeatures, viewRows } from "./embedding/view.ts";
import type { Neighbors } from "./neighbors.ts";
import { DETECTORS, ViewDetectors, type ViewMixtures } from "./view-detectors.ts";

/** A view of the features of a table, and the mixtures and reference rows in it. */
export interface ViewParts {
  readonly view: View;
  readonly mixtures: ViewMixtures;
  /** Absent in model files of version 1. */
  readonly neighbors?: Neighbors | undefined;
}

/** Score of an unknown cell: lower than all others, and finite for interpolation. */
export const UNKNOWN = -1e6;

/** Scores of rows before comparison with the scores of held-out rows. */
export interface RawScores {
  readonly rows: number;
  /** One array for each detector of each view. */
  readonly detectors: readonly Float64Array[];
  /** For each view, the mean distances to the nearest reference rows; empty for a score without reference rows. */
  readonly distances: readonly Float64Array[];
  /**
   * For each column the largest `−log p(feature | all other features)` of its features, averaged over the views;
   * {@link UNKNOWN} for unknown cells.
   */
  readonly columns: readonly Float64Array[];
  /** For each column, the rows with a cell that no training row could have. */
  readonly isNew: readonly Uint8Array[];
}

/** From the rows of a table to raw scores. */
export class AnomalyParts {
  readonly embedding: TableEmbedding;
  /** Value of each feature that was constant in the training rows, null for all other features. */
  readonly constants: readonly (number | null)[];
  /** None where all features were constant. */
  readonly views: readonly ViewParts[];
  /** Made when they are first needed: a model that is read gets its numbers after its parts. */
  private detectors: readonly ViewDetectors[] | undefined;

  constructor(embedding: TableEmbedding, constants: readonly (number | null)[], views: readonly ViewParts[]) {
    this.embedding = embedding;
    this.constants = constants;
    this.views = views;
  }

  /** Number of detectors. */
  get count(): number {
    return DETECTORS.length * this.views.length;
  }

  /** Number of opinions about a row: densities, neighbors in each view, and single cells. 0 without reference rows. */
  get opinions(): number {
    const { views } = this;
    return views.length > 0 && views.every(({ neighbors }) => neighbors !== undefined) ? views.length + 2 : 0;
  }

  /** Frees the detectors; they are made again when they are needed. */
  dispose(): void {
    for (const detectors of this.detectors ?? []) detectors.dispose();
    this.detectors = undefined;
  }

  /** @throws {DataError} a column is missing or has the wrong kind. */
  rawScores(table: Table): RawScores {
    const embedded = this.embedding.embed(table);
    const { rows, isNew, isUnknown } = embedded;
    this.detectors ??= this.views.map(({ mixtures }) => new ViewDetectors(mixtures));
    const results = this.detectors.map((detectors, v) => {
      const { view, neighbors } = this.views[v] as ViewParts;
      const seen = viewRows(view, embedded);
      return { view, result: detectors.apply(seen), distances: neighbors?.distances(seen) };
    });
    for (const [j, constant] of this.constants.entries()) {
      if (constant === null) continue;
      const own = isNew[this.embedding.owners[j] as number] as Uint8Array;
      for (let row = 0; row < rows; row++) {
        if (embedded.features[row * this.constants.length + j] !== constant) own[row] = 1;
      }
    }
    const columns = this.embedding.columns.map(() => new Float64Array(rows));
    for (const { view, result } of results) this.addConditionals(view, result.conditionals, columns);
    for (const [k, column] of columns.entries()) {
      for (let row = 0; row < rows; row++) if (isUnknown[k]?.[row] === 1) column[row] = UNKNOWN;
    }
    return {
      ...{ rows, columns, isNew },
      detectors: results.flatMap(({ result }) => result.scores),
      distances: results.flatMap(({ distances }) => (distances === undefined ? [] : [distances])),
    };
  }

  private addConditionals(view: View, conditionals: Float64Array, columns: readonly Float64Array[]): void {
    const varying = varyingFeatures(view);
    const byColumn = new Map<number, number[]>();
    for (const [j, feature] of varying.entries()) {
      const owner = this.embedding.owners[feature] as number;
      byColumn.set(owner, [...(byColumn.get(owner) ?? []), j]);
    }
    for (const [owner, places] of byColumn) {
      const target = columns[owner] as Float64Array;
      for (let row = 0; row < target.length; row++) {
        let most = Number.NEGATIVE_INFINITY;
        for (const j of places) most = Math.max(most, conditionals[row * varying.length + j] as number);
        target[row] = (target[row] as number) + most / this.views.length;
      }
    }
  }
}
