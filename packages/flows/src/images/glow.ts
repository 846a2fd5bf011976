import { ConvNet } from "@pushforward/conditioners";
import { type Bijection, type Distribution, type Key, OptionError, type Shape } from "@pushforward/core";
import { checkOptions, type OptionNames } from "@pushforward/core/extend";
import { StandardNormal } from "@pushforward/distributions";
import {
  AffineElementwise,
  affine,
  chain,
  independent,
  invert,
  invertible1x1,
  logitTransform,
  multiScale,
} from "@pushforward/transforms";
import { type ConditionalOptions, checkCount, type MaybeConditionalOptions } from "../architectures/architecture.ts";
import { ConditionalFlow } from "../conditional-flow.ts";
import { Flow } from "../flow.ts";
import { Coupling } from "../schemes/coupling.ts";

const LEVELS = 2;
const STEPS = 4;

/** Options of {@link glow}. */
export interface GlowOptions {
  /** `[height, width, channels]`; 2 to the number of levels divides height and width. */
  readonly shape: Shape;
  /** Key of the initial weights. */
  readonly key: Key;
  /** Number of levels, each at half of the resolution of the one before. Default: 2. */
  readonly levels?: number;
  /** Number of steps in each level. Default: 4. */
  readonly steps?: number;
  /** Channels of the hidden layers of each network. Default: `[64, 64]`. */
  readonly hidden?: readonly number[];
  /** For pixels in [0, 1]: appends `logitTransform({ alpha })` to the flow. Default: pixels are any numbers. */
  readonly alpha?: number;
  /** The base, of the shape of the image. Default: a standard normal. */
  readonly base?: Distribution;
}

const OPTIONS: OptionNames<GlowOptions & Partial<MaybeConditional>> = {
  shape: true,
  key: true,
  levels: true,
  steps: true,
  hidden: true,
  alpha: true,
  base: true,
  context: true,
};

/** A flow of images without a context. */
type Unconditional = { readonly context?: undefined };
/** With one, the same for all pixels, for instance a class. */
type Conditional = Pick<ConditionalOptions, "context">;
type MaybeConditional = Pick<MaybeConditionalOptions, "context">;

/**
 * Glow (Kingma and Dhariwal 2018, arXiv:1807.03039): a multi-scale flow of images. Each step, on the way to the base,
 * is a learned scale and shift of each channel, an invertible 1 × 1 convolution, and an affine coupling of channels
 * with a {@link ConvNet}. When half of the channels are factored out, the other half determines their mean and scale.
 * Untrained, it rotates the channels of its base. With `context` it is a {@link ConditionalFlow}.
 *
 * Shapes: images `[...batch, height, width, channels]`, log-density `[...batch]`.
 *
 * @throws {OptionError} a size is not a positive integer, the levels do not divide the image, or `alpha` is out of
 * range.
 * @example
 * using flow = glow({ shape: [8, 8, 1], levels: 2, steps: 2, hidden: [16, 16], key: createKey(0) });
 * const images = flow.sample(createKey(1), [10]); // → shape [10, 8, 8, 1]
 */
export function glow(options: GlowOptions & Unconditional): Flow;
export function glow(options: GlowOptions & Conditional): ConditionalFlow;
export function glow(options: GlowOptions & MaybeConditional): Flow | ConditionalFlow;
export function glow(options: GlowOptions & Partial<MaybeConditional>): Flow | ConditionalFlow {
  checkOptions("glow", options, OPTIONS);
  const { shape, context, levels = LEVELS, alpha } = options;
  checkShape(shape, levels);
  checkCount("glow", "steps", options.steps ?? STEPS);
  if (context !== undefined) checkCount("glow", "context", context);
  const channels = shape[2] as number;
  const pixels = multiScale({
    channels,
    levels: Array.from({ length: levels }, (_, level) => levelOf(options, level, channels * 2 ** (level + 2), levels)),
  });
  const end = alpha === undefined ? [] : [independent(logitTransform({ channels, alpha }), 2)];
  const transform = chain([pixels, ...end]);
  const base = options.base ?? new StandardNormal({ shape });
  return context === undefined ? new Flow(base, transform) : new ConditionalFlow(base, transform);
}

/** The layers of a level, base to data. */
function levelOf(
  options: GlowOptions & Partial<MaybeConditional>,
  level: number,
  channels: number,
  levels: number,
): Bijection {
  const { steps = STEPS } = options;
  const key = options.key.fold(`levels.${level}`);
  const layers = Array.from({ length: steps }, (_, step): readonly Bijection[] => [
    couplingOf(options, channels, key.fold(`steps.${step}`)),
    invert(invertible1x1({ channels, key: key.fold(`steps.${step}.mix`) })),
    independent(new AffineElementwise({ features: channels }), 2),
  ]);
  const isLast = level === levels - 1;
  // On the base side of the level: the half that goes on decides how the factored one is distributed.
  const factored = isLast ? [] : [couplingOf(options, channels, key.fold("factored"))];
  return chain([...factored, ...layers.flat()]);
}

/** Transforms the second half of the channels. */
function couplingOf(
  { hidden, context }: GlowOptions & Partial<MaybeConditional>,
  channels: number,
  key: Key,
): Coupling {
  const half = channels / 2;
  const family = affine();
  const conditioner = new ConvNet({
    inputSize: half,
    outputSize: half * family.parameterCount,
    context: context ?? 0,
    key,
    ...(hidden && { hidden }),
  });
  return new Coupling({ conditioner, family, mask: Array.from({ length: channels }, (_, i) => i >= half) });
}

function checkShape(shape: Shape, levels: number): void {
  checkCount("glow", "levels", levels);
  if (!Array.isArray(shape) || shape.length !== 3) {
    const got = Array.isArray(shape) ? `[${shape.join(", ")}]` : String(shape);
    throw new OptionError(`glow: expected a shape [height, width, channels], got ${got}.`);
  }
  for (const [i, axis] of shape.entries()) checkCount("glow", `shape[${i}]`, axis);
  const block = 2 ** levels;
  const [height, width] = shape as unknown as readonly [number, number, number];
  if (height % block !== 0 || width % block !== 0) {
    throw new OptionError(
      `glow: expected a height and width that ${block}, 2 to the number of levels, divides, got ${height} × ${width}. ` +
        "Pad the images, or use fewer levels.",
    );
  }
}
