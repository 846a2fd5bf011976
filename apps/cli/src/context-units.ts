import {
  ConditionalFlow,
  ConstantAffine,
  type Flow,
  Inverted,
  type Key,
  logProbRows,
  type NdArray,
  sampleRows,
  standardise,
} from "pushforward";

/** A flow and the contexts that it takes. */
export interface AtContext {
  readonly flow: Flow | ConditionalFlow;
  readonly context: NdArray | undefined;
}

/**
 * Takes the standardisation off the context of a flow and applies it in float64: of a timestamp, a float32 tensor keeps
 * no more than the minute. The flow that is returned shares the parameters of the given one.
 */
export function withoutContextUnits(flow: Flow | ConditionalFlow, context: NdArray | undefined): AtContext {
  if (context === undefined || !(flow instanceof ConditionalFlow)) return { flow, context };
  const units = flow.contextTransform;
  if (!(units instanceof Inverted && units.bijection instanceof ConstantAffine)) return { flow, context };
  const { shift, scale } = units.bijection;
  return {
    flow: new ConditionalFlow(flow.base, flow.transform),
    context: standardise(context, { mean: Float64Array.from(shift), sd: Float64Array.from(scale) }),
  };
}

/** Log-density of each row, in nats, in the units of the file. */
export function logDensityRows(flow: Flow | ConditionalFlow, x: NdArray, context?: NdArray): Float64Array {
  const at = withoutContextUnits(flow, context);
  return logProbRows(at.flow, x, at.context);
}

/** Draws, in the units of the file: `count` of them for each context. */
export function drawRows(flow: Flow | ConditionalFlow, key: Key, count: number, context?: NdArray): NdArray {
  const at = withoutContextUnits(flow, context);
  return sampleRows(at.flow, key, count, at.context);
}
