import type { NormalMixture } from "@pushforward/tables";
import type { Dimension } from "../graph/dimension.ts";
import type { GraphValue } from "../graph/graph.ts";
import type { Maths } from "../maths/maths.ts";
import type { ScaledColumn } from "./add-scaled-value.ts";

/** Least share of the variance of a coordinate that is left by others: below it rounding decides. */
const LEAST_SHARE = 1e-9;

/** The normal of a coordinate given those before it, in each component that is read: `[rows, n]`. */
export interface CoordinateNormal {
  readonly mean: GraphValue;
  /** The deviation of values within their intervals included. */
  readonly spread: GraphValue;
  /** Without it. */
  readonly deviation: GraphValue;
  readonly coordinate: number;
  /** The row of the Cholesky factor left of the diagonal: 0 at coordinates that a row has no value of. */
  readonly factors: readonly GraphValue[];
}

/** A coordinate that has been read. */
interface ReadCoordinate {
  readonly coordinate: number;
  /** `[rows, n, depth]`. */
  readonly row: GraphValue | undefined;
  readonly deviation: GraphValue;
  /** The values, made independent and standard normal; 0 where there is none. */
  readonly whitened: GraphValue;
  /** 1 for rows with a value, 0 for others, `[rows, 1]`. */
  readonly isThere: GraphValue;
}

/** The coordinates of rows that are known so far, in all components of a mixture of normals or in one of each row. */
export class NormalPath {
  private readonly maths: Maths;
  private readonly parameters: ReturnType<NormalMixture["normalized"]>;
  private readonly component: GraphValue | undefined;
  private readonly known: ReadCoordinate[] = [];

  /** @param component the component of each row that is read, int64 `[rows, 1]`. Default: all of them. */
  constructor(maths: Maths, parameters: ReturnType<NormalMixture["normalized"]>, component?: GraphValue) {
    this.maths = maths;
    this.parameters = parameters;
    this.component = component;
  }

  /** The normal of a coordinate given the known ones. */
  normal(coordinate: number): CoordinateNormal {
    const { maths } = this;
    const { size, means, noise } = this.parameters;
    const factors: GraphValue[] = [];
    let left = this.covariance(coordinate, coordinate);
    let mean = this.read((k) => means[k * size + coordinate] as number);
    for (const { coordinate: other, row, deviation, whitened, isThere } of this.known) {
      const shared = row === undefined ? undefined : this.dot(factors, row);
      const covariance = this.covariance(coordinate, other);
      const rest = shared === undefined ? covariance : maths.sub(covariance, shared);
      const value = maths.mul(maths.div(rest, deviation), isThere);
      factors.push(value);
      left = maths.sub(left, maths.mul(value, value));
      mean = maths.add(mean, maths.mul(value, whitened));
    }
    const least = maths.max(maths.mul(this.covariance(coordinate, coordinate), LEAST_SHARE), Number.MIN_VALUE);
    const deviation = maths.unary("Sqrt", maths.max(left, least));
    const spread = maths.unary("Sqrt", maths.add(maths.mul(deviation, deviation), noise[coordinate] as number));
    return { mean, spread, deviation, coordinate, factors };
  }

  /** From now on the coordinate is known, in rows that have a value. */
  add({ mean, deviation, coordinate, factors }: CoordinateNormal, { score, isPresent }: ScaledColumn): void {
    const { maths } = this;
    const isThere = maths.graph.cast(isPresent, "float64");
    this.known.push({
      ...{ coordinate, deviation, isThere },
      row: factors.length === 0 ? undefined : this.stacked(factors, score.shape[0] as Dimension),
      whitened: maths.mul(maths.div(maths.sub(score, mean), deviation), isThere),
    });
  }

  private covariance(coordinate: number, other: number): GraphValue {
    const { size, covariances } = this.parameters;
    return this.read((k) => covariances[(k * size + coordinate) * size + other] as number);
  }

  /** A number of each component that is read. */
  private read(of: (k: number) => number): GraphValue {
    const { count } = this.parameters;
    const values = Float64Array.from({ length: count }, (_, k) => of(k));
    if (this.component !== undefined) return this.maths.lookUp(values, this.component);
    return this.maths.graph.constant("float64", values, [1, count], "normals");
  }

  /** `Σⱼ factorsⱼ·rowⱼ` over as many as the row has. */
  private dot(factors: readonly GraphValue[], row: GraphValue): GraphValue {
    const { maths } = this;
    const parts = this.stacked(factors.slice(0, row.shape[2] as number), row.shape[0] as Dimension);
    return maths.graph.reshape(maths.sum(maths.mul(parts, row)), row.shape.slice(0, 2));
  }

  /** `[rows, n]` beside each other on a new last axis. */
  private stacked(values: readonly GraphValue[], rows: Dimension): GraphValue {
    const { graph } = this.maths;
    const width = this.component === undefined ? this.parameters.count : 1;
    return this.maths.beside(
      values.map((value) => graph.reshape(graph.expand(value, [rows, width]), [rows, width, 1])),
    );
  }
}
