import { type Bijection, type NdArray, ndArray } from "@pushforward/core";
import { ConstantAffine, chain, invert, SinhArcsinh } from "@pushforward/transforms";
import { Chain, Inverse } from "@pushforward/transforms/extend";
import { ConditionalFlow } from "./conditional-flow.ts";
import { Flow } from "./flow.ts";

/**
 * A map of columns with distant values, which float32 cannot represent in standard deviations: `z = sinh(asinh((x −
 * shift)/scale)/tailWeight)`. It is linear for most values and a root for distant ones. Columns without distant values have
 * tail weight 1, a standardization.
 */
export class FarColumns {
  /** Indices of the columns with distant outliers. */
  readonly columns: readonly number[];
  /** Center of most values of each column. */
  readonly shift: Float64Array;
  private readonly scale: Float64Array;
  private readonly tailWeight: Float64Array;

  constructor(columns: readonly number[], shift: Float64Array, scale: Float64Array, tailWeight: Float64Array) {
    this.columns = columns;
    this.shift = shift;
    this.scale = scale;
    this.tailWeight = tailWeight;
  }

  /** Rows `[rows, columns]` in the units of the map, computed in float64. */
  map({ shape, data }: NdArray): NdArray {
    const { shift, scale, tailWeight } = this;
    const width = shift.length;
    const values = Float64Array.from(data, (value, i) => {
      const j = i % width;
      const u = (value - (shift[j] as number)) / (scale[j] as number);
      const weight = tailWeight[j] as number;
      return weight === 1 ? u : Math.sinh(Math.asinh(u) / weight);
    });
    return ndArray(shape, values);
  }

  /**
   * The mean over rows of `ln|dx/dz|`, in nats: the difference of log-densities between the units of the map and of the table.
   */
  logVolume({ shape, data }: NdArray): number {
    const rows = shape[0] as number;
    const width = this.shift.length;
    let total = 0;
    for (const [j, scale] of this.scale.entries()) {
      total += Math.log(scale);
      const weight = this.tailWeight[j] as number;
      if (weight === 1) continue;
      for (let i = j; i < data.length; i += width) {
        const v = Math.asinh(((data[i] as number) - (this.shift[j] as number)) / scale);
        total += (Math.log(weight) + Math.log(Math.cosh(v)) - Math.log(Math.cosh(v / weight))) / rows;
      }
    }
    return total;
  }

  /** The layers at the data end of a flow of rows in the units of the map. */
  layers(): readonly Bijection[] {
    const { shift, scale, tailWeight } = this;
    return [new SinhArcsinh({ features: shift.length, tailWeight }), new ConstantAffine({ shift, scale })];
  }
}

/** A column has distant outliers if half of its distinct values lie within this share of its standard deviation. */
const NARROW = 1e-4;
/** Where the map puts the value farthest out, in units of the half of the values that are closest to each other. */
const FARTHEST = 3;

/**
 * Columns with values so distant that standard units would lose the digits of most values; undefined if there are none.
 *
 * @param x `[rows, columns]`, all finite.
 * @param statistics their means and standard deviations.
 * @param ignored columns that stay as they are.
 */
export function farColumns(
  { shape, data }: NdArray,
  { mean, sd }: { readonly mean: Float64Array; readonly sd: Float64Array },
  ignored: readonly number[] = [],
): FarColumns | undefined {
  const [rows, width] = shape as unknown as readonly [number, number];
  const columns: number[] = [];
  const shift = Float64Array.from(mean);
  const scale = Float64Array.from(sd);
  const tailWeight = new Float64Array(width).fill(1);
  for (let j = 0; j < width; j++) {
    if (ignored.includes(j)) continue;
    const values = Float64Array.from({ length: rows }, (_, i) => data[i * width + j] as number).sort();
    const distinct = values.filter((value, i) => value !== values[i - 1]);
    if (distinct.length < 3) continue;
    const [low, high] = closestHalf(distinct);
    if (high - low > NARROW * (sd[j] as number)) continue;
    const [center, half] = [low + (high - low) / 2, (high - low) / 2];
    const reach = Math.max(center - (distinct[0] as number), (distinct.at(-1) as number) - center) / half;
    columns.push(j);
    shift[j] = center;
    scale[j] = half;
    // As the layer holds it, a logarithm in float32.
    tailWeight[j] = Math.exp(Math.fround(Math.log(Math.max(1, Math.asinh(reach) / Math.asinh(FARTHEST)))));
  }
  return columns.length === 0 ? undefined : new FarColumns(columns, shift, scale, tailWeight);
}

/** The shortest interval that contains more than half of some increasing numbers. */
function closestHalf(values: Float64Array): readonly [low: number, high: number] {
  const count = Math.floor(values.length / 2);
  let best = 0;
  const widthAt = (i: number): number => (values[i + count] as number) - (values[i] as number);
  for (let i = 1; i + count < values.length; i++) if (widthAt(i) < widthAt(best)) best = i;
  return [values[best] as number, values[best + count] as number];
}

/**
 * A flow with rows and contexts in mapped units, converted to the units before the maps. It shares and owns the parameters of
 * the flow.
 */
export function inTableUnits(
  flow: Flow | ConditionalFlow,
  far: Pick<FarColumns, "layers"> | undefined,
  farContext: Pick<FarColumns, "layers"> | undefined,
): Flow | ConditionalFlow {
  if (far === undefined && farContext === undefined) return flow;
  const transform = far === undefined ? flow.transform : chain([...layersOf(flow.transform), ...far.layers()]);
  if (flow instanceof Flow) return new Flow(flow.base, transform);
  const { base, contextTransform } = flow;
  if (farContext === undefined) {
    return new ConditionalFlow(base, transform, contextTransform === undefined ? {} : { contextTransform });
  }
  const units = contextTransform instanceof Inverse ? layersOf(contextTransform.bijection) : [];
  return new ConditionalFlow(base, transform, { contextTransform: invert(chain([...units, ...farContext.layers()])) });
}

function layersOf(transform: Bijection): readonly Bijection[] {
  return transform instanceof Chain ? transform.layers : [transform];
}
