import type { GraphBuilder, GraphValue, OpenInput } from "./graph/graph-builder.ts";
import type { NoiseKind } from "./program/noise-kind.ts";

/** Role of a column of random numbers in a sampler of table rows. */
export interface OnnxNoise {
  /**
   * - `"member"`: which density of a mixture draws the row.
   * - `"network"`: which network of an ensemble draws the cell.
   * - `"component"`: which component of a mixture.
   * - `"code"`: which code: a category, a frequent value, an interval of numbers, or a missing cell.
   * - `"place"`: the position in a component of a mixture of logistics.
   * - `"within"`: the position in an interval of numbers.
   * - `"value"`: the position in a normal.
   * - `"flow"`: a number that a flow transforms.
   */
  readonly decides: "member" | "network" | "component" | "code" | "place" | "within" | "value" | "flow";
  /** The column that is drawn. */
  readonly column?: string | undefined;
  /** The place of the density in the mixture; absent for the networks, and where one mixture is the whole model. */
  readonly member?: number | undefined;
}

/** The random numbers of a sampler: columns of the inputs `normal` and `uniform`, taken one after the other. */
export class NoiseColumns {
  private readonly graph: GraphBuilder;
  private readonly inputs = new Map<NoiseKind, OpenInput>();
  private readonly uses = new Map<NoiseKind, OnnxNoise[]>();

  constructor(graph: GraphBuilder) {
    this.graph = graph;
  }

  /** For each input the roles of its columns, if recorded. */
  get decisions(): Readonly<Record<string, readonly OnnxNoise[]>> {
    return Object.fromEntries(this.uses);
  }

  /** Takes columns, float64 `[rows, count]`. */
  take(kind: NoiseKind, count: number, use?: OnnxNoise): GraphValue {
    const { graph, inputs, uses } = this;
    const input = inputs.get(kind) ?? graph.openInput(kind);
    inputs.set(kind, input);
    const from = input.take(count);
    if (use !== undefined) uses.set(kind, [...(uses.get(kind) ?? []), ...new Array<OnnxNoise>(count).fill(use)]);
    const ends = [from, from + count, 1].map((end) => graph.integers([end]));
    return graph.node("Slice", [input, ...ends], { shape: [{ rows: 1 }, count], type: "float64" });
  }
}
