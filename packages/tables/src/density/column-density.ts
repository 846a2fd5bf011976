import {
  type Codec,
  type ConditionalDistribution,
  type Conditioner,
  type Distribution,
  type Key,
  OptionError,
  type Parameter,
  type Shape,
  type TensorLike,
} from "@pushforward/core";
import {
  AbstractModule,
  type CellSettings,
  ConfigReader,
  classCodec,
  type EmbeddingSettings,
  field,
  GivenContext,
  isConditioner,
  lowerConditioner,
  type PlanBuilder,
  type PlanMatrix,
  parameter,
} from "@pushforward/core/extend";
import { cellLogProb, cellLogProbStep, columnsStep, embedding, embeddingStep, plannedLogProb } from "@pushforward/ops";
import * as tf from "@tensorflow/tfjs-core";
import { CELL_SIZE, headSize } from "./coding/category-coding.ts";
import { drawCells } from "./draw-cells.ts";

/** Parts of a {@link ColumnDensity}. */
export interface ColumnDensityOptions {
  readonly head: CellSettings;
  readonly embedding: EmbeddingSettings;
  /** From the rows of the codes, with the features as context, to the head. */
  readonly network: Conditioner;
  /**
   * Key that draws the initial rows of the embedding, from N(0, 1). Without a key the rows are 0, for a model read from
   * a file.
   */
  readonly key?: Key;
}

/**
 * The density of the cells of a column given the columns before it. A network reads the learned rows of their codes and
 * their features, and returns the head of `cellLogProb`.
 *
 * Events are cells `[5]`. Contexts are `[parents + features]`: the codes of the columns before it, then their features.
 */
export class ColumnDensity extends AbstractModule implements ConditionalDistribution {
  readonly contextShape: Shape;
  readonly head: CellSettings;
  readonly embedding: EmbeddingSettings;
  /** The learned rows of all tables, `Σ codes·width` numbers. */
  readonly table: Parameter;
  readonly network: Conditioner;

  constructor({ head, embedding: tables, network, key }: ColumnDensityOptions) {
    super();
    const width = tables.tables.reduce((sum, one) => sum + one.width, 0);
    const size = headSize(head);
    if (network.inputSize !== width || network.outputSize !== size) {
      throw new OptionError(
        `ColumnDensity: expected a network from ${width} to ${size} numbers, got one from ${network.inputSize} to ${network.outputSize}.`,
      );
    }
    this.head = head;
    this.embedding = tables;
    const count = tables.tables.reduce((sum, one) => sum + one.codes * one.width, 0);
    this.table = parameter([count], key && (() => key.normal(count)));
    this.network = network;
    this.contextShape = [tables.tables.length + network.contextSize];
  }

  /** Number of columns with codes that the density reads. */
  get parents(): number {
    return this.embedding.tables.length;
  }

  /** The head `[...batch, head]` at contexts `[...batch, context]`. */
  apply(context: tf.Tensor): tf.Tensor {
    return tf.tidy(() => {
      const batch = context.shape.slice(0, -1);
      const { parents } = this;
      const at = (from: number, size: number): tf.Tensor =>
        tf.slice(context, [...batch.map(() => 0), from], [...batch, size]);
      const rows = embedding(at(0, parents), this.table.variable, this.embedding);
      const features = this.network.contextSize > 0 ? at(parents, this.network.contextSize) : undefined;
      return this.network.apply(rows, features);
    });
  }

  /** The density at a context, which it borrows. */
  given(context: TensorLike): Distribution {
    const { head, contextShape } = this;
    return new GivenContext(context, {
      ...{ where: "ColumnDensity", contextShape, eventShape: [CELL_SIZE] },
      logProb: (x, { context: raw, eventShape }) =>
        plannedLogProb(this, { tensor: x, eventShape }, { tensor: raw, eventShape: contextShape }) ??
        cellLogProb(x, this.apply(raw), head),
      // Cells of drawn codes, `[code, 0, 0, 0, 0]`, and of the mixture, `[−1, 0, z, z, −1]` at a drawn quantile z.
      sample: (key, sampleShape, at) => {
        const batch = [...sampleShape, ...at.batchShape];
        const heads = this.apply(tf.broadcastTo(at.context, [...batch, ...contextShape]));
        const { codes, quantiles } = drawCells(heads.dataSync() as Float32Array, head, key);
        const mixture = head.components > 0 ? head.codes - 1 : -1;
        const cells = new Float32Array(codes.length * CELL_SIZE);
        for (const [row, code] of codes.entries()) {
          const z = quantiles[row] as number;
          cells.set(code === mixture ? [-1, 0, z, z, -1] : [code, 0, 0, 0, 0], row * CELL_SIZE);
        }
        return tf.tensor(cells, [...batch, CELL_SIZE]);
      },
    });
  }

  lower(plan: PlanBuilder, cells: PlanMatrix, context?: PlanMatrix): readonly PlanMatrix[] {
    return [cellLogProbStep(plan, cells, this.lowerHead(plan, context as PlanMatrix), this.head)];
  }

  /** Adds the head at contexts to a plan. */
  lowerHead(plan: PlanBuilder, context: PlanMatrix): PlanMatrix {
    const { parents } = this;
    const size = this.network.contextSize;
    const range = (from: number, count: number): number[] => Array.from({ length: count }, (_, i) => from + i);
    const codes = size > 0 ? columnsStep(plan, context, range(0, parents)) : context;
    const features = size > 0 ? columnsStep(plan, context, range(parents, size)) : undefined;
    return lowerConditioner(this.network, plan, embeddingStep(plan, codes, this.table, this.embedding), features);
  }
}

const TYPE = "pushforward/column-density";

/** Codec of {@link ColumnDensity}. */
export const columnDensityCodec: Codec<ColumnDensity> = classCodec(TYPE, ColumnDensity, {
  head: {
    read: (reader, name) => {
      const head = new ConfigReader(`${TYPE}.head`, reader.raw(name));
      const read = { codes: head.count("codes"), components: head.count("components", { min: 0 }) };
      head.end();
      return read;
    },
    write: ({ codes, components }) => ({ codes, components }),
  },
  embedding: {
    read: (reader, name) => ({
      tables: reader.array(name).map((item) => {
        const table = new ConfigReader(`${TYPE}.embedding`, item);
        const read = { codes: table.count("codes"), width: table.count("width") };
        table.end();
        return read;
      }),
    }),
    write: ({ tables }) => tables.map(({ codes, width }) => ({ codes, width })),
  },
  network: field.object(isConditioner, "a conditioner"),
});
