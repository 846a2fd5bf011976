import { type FactorNode, FactorTree, type NormalComponents } from "./factor-tree.ts";
import { logNormalMass, type ScaledValue } from "./scaled-cells.ts";

/**
 * The coordinates of one row that are known so far, in each component of a mixture of normals. It is made once and begun anew
 * for each row.
 */
export class NormalRow {
  private readonly tree: FactorTree;
  private readonly components: NormalComponents;
  private readonly noise: Float64Array;
  private readonly path: FactorNode[] = [];
  /** `[components, size]`: the known coordinates, made independent and standard normal by the factor. */
  private readonly whitened: Float64Array;

  /** @param noise for each coordinate the variance of its values within their intervals, which no other coordinate explains. */
  constructor(components: NormalComponents, noise: Float64Array) {
    this.tree = new FactorTree(components);
    this.components = components;
    this.noise = noise;
    this.whitened = new Float64Array(components.count * components.size);
  }

  begin(): void {
    this.path.length = 0;
  }

  /** The normal of a coordinate in a component, given the known ones. */
  normal(coordinate: number, k: number): { readonly mean: number; readonly deviation: number } {
    const node = this.tree.next(this.path, coordinate);
    const deviation = node.deviations[k] as number;
    const noise = this.noise[coordinate] as number;
    return { mean: this.meanOf(node, k), deviation: Math.sqrt(deviation * deviation + noise) };
  }

  /** The log-density or log-mass of a value in a component, given the known ones. */
  logProb(coordinate: number, k: number, { low, high, logScale }: ScaledValue): number {
    const { mean, deviation } = this.normal(coordinate, k);
    if (Number.isNaN(logScale)) return logNormalMass((low - mean) / deviation, (high - mean) / deviation);
    const t = (low - mean) / deviation;
    return logScale - (t * t) / 2 - Math.log(deviation);
  }

  /**
   * From now on the coordinate is known.
   *
   * @param only the component whose normals will be asked for. Default: all.
   */
  add(coordinate: number, { score }: ScaledValue, only?: number): void {
    const node = this.tree.next(this.path, coordinate);
    const { count, size } = this.components;
    for (let k = only ?? 0; k < (only === undefined ? count : only + 1); k++) {
      const whitened = (score - this.meanOf(node, k)) / (node.deviations[k] as number);
      this.whitened[k * size + node.depth] = whitened;
    }
    this.path.push(node);
  }

  private meanOf({ coordinate, depth, row }: FactorNode, k: number): number {
    const { size, means } = this.components;
    let mean = means[k * size + coordinate] as number;
    for (let i = 0; i < depth; i++) mean += (row[k * depth + i] as number) * (this.whitened[k * size + i] as number);
    return mean;
  }
}
