import {
  type Codec,
  type Json,
  ModelFileError,
  type Parameter,
  type ParameterTree,
  type Registry,
} from "@pushforward/core";
import { AbstractModule, ConfigReader, defineCodec, parameter, parameterTree } from "@pushforward/core/extend";
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

/** Parts of an {@link AnomalyScore}. */
export interface AnomalyScoreParts {
  readonly parts: AnomalyParts;
  /** One for each detector. Absent: still to be written, for a model read from a file. */
  readonly scales?: readonly SurpriseScale[] | undefined;
  /** One for each column. */
  readonly columnScales?: readonly SurpriseScale[] | undefined;
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
 * Scores how anomalous the rows of a table are. It uses twelve detectors, each a negative log-density in closed form:
 * mixtures of normals with few components and with a large number of components, of standardized columns and of columns
 * as normal quantiles, with weak and with strong smoothing, of single columns, of halves of the columns, and of each
 * column given the rest. Each detector is compared with its values for rows that it was not fitted to. Its surprise is
 * `−log p`, with p the share of these rows that score at least as high. The score is halfway between the highest
 * surprise and the mean of all,
 *
 *     score(x) = (maxₖ sₖ(x) + meanₖ sₖ(x)) / 2,   sₖ = −log pₖ
 *
 * in nats: a one-in-a-hundred row has 4.6 if all detectors agree. Unlike a log-density the score has no units, and
 * steps, repeated values and nearly exact relations don't decide it.
 * @example
 * const odd = await fitAnomalyScore(penguins(), { key });
 * const [score, p] = [odd.score(penguins()), odd.pValue(penguins())];
 */
export class AnomalyScore extends AbstractModule {
  readonly parts: AnomalyParts;
  /** Held-out rows that p-values compare with. */
  readonly rows: number;
  private readonly detectorScales: Parameter;
  private readonly columnScales: Parameter;
  private readonly tail: Parameter;

  constructor({ parts, scales, columnScales, ranks }: AnomalyScoreParts) {
    super();
    const buffer = (shape: readonly number[], values: readonly number[] | undefined): Parameter =>
      parameter(shape, values && (() => Float32Array.from(values)), { trainable: false });
    const stored = (all: readonly SurpriseScale[] | undefined): readonly number[] | undefined =>
      all?.flatMap(scaleToNumbers);
    this.parts = parts;
    this.rows = ranks.rows;
    this.detectorScales = buffer([parts.count, SCALE_SIZE], stored(scales));
    this.columnScales = buffer([parts.embedding.columns.length, SCALE_SIZE], stored(columnScales));
    this.tail = buffer([keptRanks(ranks.rows)], ranks.scores && Array.from(ranks.scores));
  }

  /** Names of the columns that it looks at. */
  get columns(): readonly string[] {
    return this.parts.embedding.columns.map(({ name }) => name);
  }

  /**
   * Returns the anomaly score of each row, in nats. A higher score means a more anomalous row.
   *
   * @throws {DataError} a column is missing or has the wrong kind.
   */
  score(table: Table): Float64Array {
    return this.combine(this.parts.rawScores(table));
  }

  /**
   * Conformal p-values of the scores: for a fresh row like the training rows, at most α with a probability of at most α.
   * Throws as {@link score}.
   */
  pValue(table: Table): Float64Array {
    return this.pValueOf(this.score(table));
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
  judge(table: Table): JudgedRows {
    const raw = this.parts.rawScores(table);
    const scores = this.combine(raw);
    return { scores, pValues: this.pValueOf(scores), reasons: this.reasonsFor(raw) };
  }

  private reasonsFor({ columns, isNew }: RawScores): AnomalyReasons {
    const scales = scalesIn(this.columnScales);
    const surprises = columns.map((raw, k) => {
      const own = isNew[k] as Uint8Array;
      return surprise(scales[k] as SurpriseScale, raw).map((value, row) =>
        own[row] === 1 ? Math.max(value, this.least) : value,
      );
    });
    return { columns: this.columns, surprises };
  }

  /** Minimum score of a row with a cell that no training row could have: the highest score of the held-out rows. */
  private get least(): number {
    return Math.log(this.rows + 1);
  }

  /** Combines the scores of the detectors. */
  combine({ rows, detectors, isNew }: RawScores): Float64Array {
    const scales = scalesIn(this.detectorScales);
    const surprises = detectors.map((raw, k) => surprise(scales[k] as SurpriseScale, raw));
    return Float64Array.from({ length: rows }, (_, row) => {
      let [most, sum] = [0, 0];
      for (const values of surprises) {
        most = Math.max(most, values[row] as number);
        sum += values[row] as number;
      }
      const score = surprises.length === 0 ? 0 : (most + sum / surprises.length) / 2;
      return isNew.some((own) => own[row] === 1) ? Math.max(score, this.least) : score;
    });
  }

  override dispose(): void {
    super.dispose();
    this.parts.dispose();
  }

  override parameters(): ParameterTree {
    const { detectorScales, columnScales, tail, parts } = this;
    return parameterTree({
      detectorScales,
      columnScales,
      tail,
      views: parts.views.map((view) => new ViewModule(view)),
    });
  }
}

/** The mixtures of a view, as a part of the tree of parameters. */
class ViewModule extends AbstractModule {
  readonly clusters: readonly GaussianMixture[];
  readonly centers: GaussianMixture;

  constructor({ mixtures }: ViewParts) {
    super();
    this.clusters = mixtures.clusters;
    this.centers = mixtures.centers;
  }
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
  version: 1,
  is: (value): value is AnomalyScore => value instanceof AnomalyScore,
  encode: ({ parts, rows }, registry): Json => ({
    rows,
    columns: embeddingToJson(parts.embedding),
    constants: [...parts.constants],
    views: parts.views.map(({ view, mixtures: { gaps, clusters, centers } }) => ({
      features: viewToJson(view),
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
    reader.end();
    if (constants.length !== embedding.owners.length) {
      throw new ModelFileError(
        "config",
        `${TYPE}: expected ${embedding.owners.length} constants, got ${constants.length}.`,
      );
    }
    return new AnomalyScore({ parts: new AnomalyParts(embedding, constants, views), ranks: { rows } });
  },
});

function viewFromConfig(item: Json, features: number, registry: Registry): ViewParts {
  const reader = new ConfigReader(`${TYPE}.views`, item);
  const view = viewFromJson(reader.array("features"), features);
  const gaps = reader.numbers("gaps", { min: 0 });
  const clusters = reader.objects("clusters", registry, isMixture, "a Gaussian mixture");
  const centers = reader.object("centers", registry, isMixture, "a Gaussian mixture");
  reader.end();
  const width = varyingFeatures(view).length;
  if (gaps.length !== width || [...clusters, centers].some(({ eventShape }) => eventShape[0] !== width)) {
    throw new ModelFileError("config", `${TYPE}: expected gaps and mixtures of ${width} features.`);
  }
  return { view, mixtures: { gaps, clusters, centers } };
}

function isMixture(value: unknown): value is GaussianMixture {
  return value instanceof GaussianMixture;
}
