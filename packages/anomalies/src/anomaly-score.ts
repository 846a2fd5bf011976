import {
  type Codec,
  DataError,
  type Json,
  ModelFileError,
  type Parameter,
  type ParameterTree,
  type Registry,
} from "@pushforward/core";
import { AbstractModule, ConfigReader, defineCodec, parameter, parameterTree } from "@pushforward/core/extend";
import { logSumExp } from "@pushforward/core/plain";
import type { Table } from "@pushforward/datasets";
import { GaussianMixture } from "@pushforward/distributions";
import { AnomalyParts, type RawScores, type ViewParts } from "./anomaly-parts.ts";
import {
  conformalPValues,
  keptRanks,
  SCALE_SIZE,
  type SurpriseScale,
  scaleFromNumbers,
  scaleToNumbers,
  surprise,
  type TailRanks,
} from "./calibration.ts";
import { embeddingFromJson, embeddingToJson } from "./embedding/table-embedding.ts";
import { varyingFeatures, viewFromJson, viewToJson } from "./embedding/view.ts";
import { Neighbors } from "./neighbors.ts";

/** Parts of an {@link AnomalyScore}. */
export interface AnomalyScoreParts {
  readonly parts: AnomalyParts;
  /** One for each detector. Absent: still to be written, for a model read from a file. */
  readonly scales?: readonly SurpriseScale[] | undefined;
  /** One for each column. */
  readonly columnScales?: readonly SurpriseScale[] | undefined;
  /** One for each opinion. */
  readonly opinionScales?: readonly SurpriseScale[] | undefined;
  /** `true` if the log-density of a model is the last opinion. Default: false. */
  readonly usesModel?: boolean | undefined;
  /** Of each opinion in the mean of all; the sum is 1. Default: equal weights, as in files up to version 2. */
  readonly weights?: readonly number[] | undefined;
  /** Number of held-out rows behind the ranks, and their scores. */
  readonly ranks: Pick<TailRanks, "rows"> & Partial<TailRanks>;
}

/** Reasons for high scores of rows. */
export interface AnomalyReasons {
  /** Names of the columns. */
  readonly columns: readonly string[];
  /** For each column, the surprise of its cells given the other cells of the row, in nats. */
  readonly surprises: readonly Float64Array[];
}

/** Result of {@link AnomalyScore.judge}. */
export interface JudgedRows {
  readonly scores: Float64Array;
  readonly pValues: Float64Array;
  readonly reasons: AnomalyReasons;
}

/**
 * Scores how anomalous the rows of a table are, from four opinions, and a fifth one if it was fitted with a model:
 *
 * - the densities of rows, by twelve detectors, each a negative log-density in closed form: mixtures of normals with few
 *   components and with a large number of components, of standardized columns and of columns as normal quantiles, with
 *   weak and with strong smoothing, of single columns, of halves of the columns, and of each column given the rest;
 * - in both views, the mean distance to the 5 nearest reference rows (Ramaswamy, Rastogi and Shim 2000);
 * - the surprises of single cells given the other cells of the row, `log Σⱼ exp sⱼ`;
 * - the negative log-density of the model.
 *
 * Each detector, cell and opinion is compared with its values for rows that it was not fitted to. Its surprise is
 * `−log p`, with p the share of these rows that score at least as high. The detectors become an opinion, and the
 * opinions become the score, halfway between the highest surprise and the weighted mean of all,
 *
 *     score(x) = (maxₖ sₖ(x) + Σₖ wₖ sₖ(x)) / 2,   sₖ = −log pₖ
 *
 * in nats: a one-in-a-hundred row has 4.6 if all opinions agree. A weight is higher the better the opinion finds rows
 * that the fit mixes from cells of different rows. Unlike a log-density the score has no units, and steps, repeated
 * values and nearly exact relations don't decide it. Scores from files of version 1 consist of the first opinion,
 * without comparison; weights from files of version 2 are equal.
 * @example
 * const odd = await fitAnomalyScore(penguins(), { key });
 * const [score, p] = [odd.score(penguins()), odd.pValue(penguins())];
 */
export class AnomalyScore extends AbstractModule {
  readonly parts: AnomalyParts;
  /** Held-out rows that p-values compare with. */
  readonly rows: number;
  /** `true` if the score needs the log-density of the rows by the model that it was fitted with. */
  readonly usesModel: boolean;
  /** Weights of the opinions; undefined for equal ones. */
  readonly weights: readonly number[] | undefined;
  private readonly detectorScales: Parameter;
  private readonly columnScales: Parameter;
  private readonly opinionScales: Parameter;
  private readonly tail: Parameter;

  constructor({ parts, scales, columnScales, opinionScales, usesModel = false, weights, ranks }: AnomalyScoreParts) {
    super();
    const buffer = (shape: readonly number[], values: readonly number[] | undefined): Parameter =>
      parameter(shape, values && (() => Float32Array.from(values)), { trainable: false });
    const stored = (all: readonly SurpriseScale[] | undefined): readonly number[] | undefined =>
      all?.flatMap(scaleToNumbers);
    this.parts = parts;
    this.rows = ranks.rows;
    this.usesModel = usesModel;
    this.weights = weights;
    this.detectorScales = buffer([parts.count, SCALE_SIZE], stored(scales));
    this.columnScales = buffer([parts.embedding.columns.length, SCALE_SIZE], stored(columnScales));
    this.opinionScales = buffer([parts.opinions + (usesModel ? 1 : 0), SCALE_SIZE], stored(opinionScales));
    this.tail = buffer([keptRanks(ranks.rows)], ranks.scores && Array.from(ranks.scores));
  }

  /** Names of the columns that it looks at. */
  get columns(): readonly string[] {
    return this.parts.embedding.columns.map(({ name }) => name);
  }

  /**
   * Returns the anomaly score of each row, in nats. A higher score means a more anomalous row.
   *
   * @param logProb log-density of each row by the model that the score was fitted with, if any.
   * @throws {DataError} a column is missing or has the wrong kind, or the number of log-densities is wrong.
   */
  score(table: Table, logProb?: Float64Array): Float64Array {
    return this.combine(this.parts.rawScores(table), logProb);
  }

  /**
   * Conformal p-values of the scores: for a fresh row like the training rows, at most α with a probability of at most α.
   * Throws as {@link score}.
   */
  pValue(table: Table, logProb?: Float64Array): Float64Array {
    return this.pValueOf(this.score(table, logProb));
  }

  /** The p-values of scores. */
  pValueOf(scores: Float64Array): Float64Array {
    return conformalPValues({ rows: this.rows, scores: this.tail.read() }, scores);
  }

  /**
   * Returns the surprise of each cell given the other cells of its row, in nats. The columns with the highest surprise
   * are the reason for a high score. Throws the errors of {@link score}.
   */
  explain(table: Table): AnomalyReasons {
    return this.reasonsFor(this.parts.rawScores(table));
  }

  /** Scores, p-values and reasons at once, in little more time than scores alone. Throws as {@link score}. */
  judge(table: Table, logProb?: Float64Array): JudgedRows {
    const raw = this.parts.rawScores(table);
    const scores = this.combine(raw, logProb);
    return { scores, pValues: this.pValueOf(scores), reasons: this.reasonsFor(raw) };
  }

  private reasonsFor({ columns, isNew }: RawScores): AnomalyReasons {
    const scales = scalesIn(this.columnScales);
    return {
      columns: this.columns,
      surprises: surprises(scales, columns).map((values, k) =>
        values.map((value, row) => (isNew[k]?.[row] === 1 ? Math.max(value, this.least) : value)),
      ),
    };
  }

  /** Minimum score of a row with a cell that no training row could have: the highest score of the held-out rows. */
  private get least(): number {
    return Math.log(this.rows + 1);
  }

  /** Combines the opinions about rows. */
  combine(raw: RawScores, logProb?: Float64Array): Float64Array {
    return this.combineSurprises(raw, this.modelSurprise(raw.rows, logProb));
  }

  /** @param ofModel surprise of the log-densities of rows, for a score that uses a model. */
  combineSurprises(raw: RawScores, ofModel: Float64Array | undefined): Float64Array {
    const scales = scalesIn(this.opinionScales).slice(0, this.parts.opinions);
    const opinions = surprises(scales, this.opinions(raw));
    const all = ofModel === undefined ? opinions : [...opinions, ofModel];
    return halfway(all, raw.rows, this.weights).map((score, row) =>
      raw.isNew.some((own) => own[row] === 1) ? Math.max(score, this.least) : score,
    );
  }

  private modelSurprise(rows: number, logProb: Float64Array | undefined): Float64Array | undefined {
    if (!this.usesModel) return undefined;
    if (logProb?.length !== rows) {
      throw new DataError(
        `AnomalyScore: expected the log-density of ${rows} rows by the model that the score was fitted with, got ${logProb?.length ?? "none"}.`,
      );
    }
    const scale = scalesIn(this.opinionScales).at(-1) as SurpriseScale;
    return surpriseOfModel(scale, logProb, this.least);
  }

  /** Opinions about rows before comparison with the opinions about held-out rows. */
  opinions({ rows, detectors, distances, columns }: RawScores): readonly Float64Array[] {
    const densities = halfway(surprises(scalesIn(this.detectorScales), detectors), rows);
    if (distances.length === 0) return [densities];
    const cells = surprises(scalesIn(this.columnScales), columns);
    const ofCells = Float64Array.from({ length: rows }, (_, row) =>
      logSumExp(cells.map((values) => values[row] as number)),
    );
    return [densities, ...distances, ofCells];
  }

  override dispose(): void {
    super.dispose();
    this.parts.dispose();
  }

  override parameters(): ParameterTree {
    const { detectorScales, columnScales, opinionScales, tail, parts } = this;
    return parameterTree({
      detectorScales,
      columnScales,
      ...(this.opinionScales.shape[0] !== 0 && { opinionScales }),
      tail,
      views: parts.views.map((view) => new ViewModule(view)),
    });
  }
}

/** The mixtures and reference rows of a view, as a part of the tree of parameters. */
class ViewModule extends AbstractModule {
  readonly clusters: readonly GaussianMixture[];
  readonly centers: GaussianMixture;
  readonly neighbors: Neighbors | undefined;

  constructor({ mixtures, neighbors }: ViewParts) {
    super();
    this.neighbors = neighbors;
    this.clusters = mixtures.clusters;
    this.centers = mixtures.centers;
  }
}

/** Surprise of log-densities, at most twice the surprise of the oddest of all held-out rows: a density can be 0. */
export function surpriseOfModel(scale: SurpriseScale, logProb: Float64Array, least: number): Float64Array {
  const negative = logProb.map((value) => -value);
  return surprise(scale, negative).map((value) => Math.min(value, 2 * least));
}

/** Compares each array with its scale; without scales the values stay as they are. */
function surprises(scales: readonly SurpriseScale[], raw: readonly Float64Array[]): readonly Float64Array[] {
  return scales.length === 0 ? raw : raw.map((values, k) => surprise(scales[k] as SurpriseScale, values));
}

/** Halfway between the maximum and the mean of surprises, for each row; a single array stays as it is. */
function halfway(surprises: readonly Float64Array[], rows: number, weights?: readonly number[]): Float64Array {
  const total = weights === undefined ? Math.max(1, surprises.length) : 1;
  return Float64Array.from({ length: rows }, (_, row) => {
    let [most, sum] = [0, 0];
    for (const [k, values] of surprises.entries()) {
      most = Math.max(most, values[row] as number);
      sum += (weights?.[k] ?? 1) * (values[row] as number);
    }
    return (most + sum / total) / 2;
  });
}

function scalesIn(stored: Parameter): SurpriseScale[] {
  const numbers = stored.read();
  return Array.from({ length: numbers.length / SCALE_SIZE }, (_, k) =>
    scaleFromNumbers(numbers.subarray(k * SCALE_SIZE, (k + 1) * SCALE_SIZE)),
  );
}

const TYPE = "pushforward/anomaly-score";

/** Codec of {@link AnomalyScore}. */
export const anomalyScoreCodec: Codec<AnomalyScore> = defineCodec<AnomalyScore>({
  type: TYPE,
  version: 3,
  // Version 1 had no reference rows and version 2 no weights; files without these are read as such.
  migrate: (config) => config,
  is: (value): value is AnomalyScore => value instanceof AnomalyScore,
  encode: ({ parts, rows, usesModel, weights }, registry): Json => ({
    rows,
    ...(usesModel && { usesModel }),
    ...(weights && { weights: [...weights] }),
    columns: embeddingToJson(parts.embedding),
    constants: [...parts.constants],
    views: parts.views.map(({ view, neighbors, mixtures: { gaps, clusters, centers } }) => ({
      features: viewToJson(view),
      ...(neighbors && { references: neighbors.count }),
      gaps: [...gaps],
      clusters: clusters.map((mixture) => ({ ...registry.encode(mixture) })),
      centers: { ...registry.encode(centers) },
    })),
  }),
  decode: (config, registry) => {
    const reader = new ConfigReader(TYPE, config);
    const rows = reader.count("rows");
    const embedding = embeddingFromJson(reader.array("columns"));
    const constants = reader.numbersOrNull("constants");
    const views = reader.array("views").map((item) => viewFromConfig(item, embedding.owners.length, registry));
    const usesModel = reader.has("usesModel") && reader.boolean("usesModel");
    const weights = reader.has("weights") ? reader.numbers("weights", { min: 0 }) : undefined;
    reader.end();
    if (new Set(views.map(({ neighbors }) => neighbors === undefined)).size > 1) {
      throw new ModelFileError("config", `${TYPE}: expected references in all views or in none.`);
    }
    if (constants.length !== embedding.owners.length) {
      throw new ModelFileError(
        "config",
        `${TYPE}: expected ${embedding.owners.length} constants, got ${constants.length}.`,
      );
    }
    const parts = new AnomalyParts(embedding, constants, views);
    const opinions = parts.opinions + (usesModel ? 1 : 0);
    if (weights && !(weights.length === opinions && Math.abs(weights.reduce((sum, w) => sum + w, 0) - 1) < 1e-6)) {
      throw new ModelFileError("config", `${TYPE}: expected ${opinions} weights with the sum 1, got ${weights}.`);
    }
    return new AnomalyScore({ parts, usesModel, weights, ranks: { rows } });
  },
});

function viewFromConfig(item: Json, features: number, registry: Registry): ViewParts {
  const reader = new ConfigReader(`${TYPE}.views`, item);
  const view = viewFromJson(reader.array("features"), features);
  const gaps = reader.numbers("gaps", { min: 0 });
  const clusters = reader.objects("clusters", registry, isMixture, "a Gaussian mixture");
  const centers = reader.object("centers", registry, isMixture, "a Gaussian mixture");
  const references = reader.has("references") ? reader.count("references") : undefined;
  reader.end();
  const width = varyingFeatures(view).length;
  if (gaps.length !== width || [...clusters, centers].some(({ eventShape }) => eventShape[0] !== width)) {
    throw new ModelFileError("config", `${TYPE}: expected gaps and mixtures of ${width} features.`);
  }
  const neighbors = references === undefined ? undefined : new Neighbors(references, width);
  return { view, mixtures: { gaps, clusters, centers }, neighbors };
}

function isMixture(value: unknown): value is GaussianMixture {
  return value instanceof GaussianMixture;
}
