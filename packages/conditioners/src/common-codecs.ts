import type { Codec, Json } from "@pushforward/core";
import { type AnyCodec, ConfigReader, defineCodec } from "@pushforward/core/extend";
import {
  CONDITIONER_LAYOUT,
  type ConditionerLayout,
  LAYOUT_CHOICES,
  madeOfVersion1,
  mlpOfVersion1,
} from "./conditioner-layout.ts";
import { ACTIVATIONS } from "./dense-layers.ts";
import { Mlp, ResidualMlp } from "./dense-network.ts";
import { Made } from "./made.ts";

/** The largest number below 1. */
const LARGEST_DROPOUT = 1 - Number.EPSILON / 2;

/** Model-file codec of {@link Mlp}: `pushforward/mlp`. */
export const mlpCodec: Codec<Mlp> = mlpLikeCodec("pushforward/mlp", Mlp);

/** Model-file codec of {@link ResidualMlp}: `pushforward/residual-mlp`. */
export const residualMlpCodec: Codec<ResidualMlp> = mlpLikeCodec("pushforward/residual-mlp", ResidualMlp);

/** Model-file codec of {@link Made}: `pushforward/made`. Masks are not stored: they follow from order and sizes. */
export const madeCodec: Codec<Made> = defineCodec<Made>({
  type: "pushforward/made",
  version: 2,
  migrate: madeOfVersion1,
  is: (value): value is Made => value instanceof Made,
  encode: (made): Json => ({
    features: made.inputSize,
    outputsPerVariable: made.outputsPerVariable,
    context: made.contextSize,
    hidden: made.hidden,
    residual: made.residual,
    activation: made.activation,
    ...encodeDropout(made),
    ...(made.inputBound !== undefined && { inputBound: made.inputBound }),
    ...encodeLayout(made),
    // The order follows from the adjacency.
    ...(made.adjacency === undefined ? { order: made.order } : { adjacency: made.adjacency.flat() }),
  }),
  decode: (config) => {
    const c = new ConfigReader("pushforward/made", config);
    const options = {
      features: c.count("features"),
      outputsPerVariable: c.count("outputsPerVariable"),
      context: c.count("context", { min: 0 }),
      hidden: c.counts("hidden"),
      residual: c.boolean("residual"),
      activation: c.oneOf("activation", ACTIVATIONS),
      dropout: decodeDropout(c),
      ...(c.has("inputBound") && { inputBound: c.number("inputBound") }),
      layout: decodeLayout(c),
      ...(c.has("adjacency") ? { adjacency: decodeAdjacency(c) } : { order: c.counts("order", { min: 0 }) }),
    };
    c.end();
    return new Made(options);
  },
});

/** The codecs of the conditioners of most flows, which a page has at once. */
export const commonConditionersCodecs: readonly AnyCodec[] = [madeCodec, mlpCodec, residualMlpCodec];

/** Empty without dropout: older files have no such field. */
function encodeDropout({ dropout }: { readonly dropout: number }): { readonly dropout?: number } {
  return dropout === 0 ? {} : { dropout };
}

function decodeDropout(c: ConfigReader): number {
  return c.has("dropout") ? c.number("dropout", { min: 0, max: LARGEST_DROPOUT }) : 0;
}

/** Encodes a layout; empty for the default layout. */
function encodeLayout({ layout }: { readonly layout: ConditionerLayout }): { readonly layout?: Json } {
  const usual = new Map(Object.entries(CONDITIONER_LAYOUT));
  return Object.entries(layout).every(([name, value]) => usual.get(name) === value) ? {} : { layout: { ...layout } };
}

function decodeLayout(c: ConfigReader): ConditionerLayout {
  if (!c.has("layout")) return CONDITIONER_LAYOUT;
  const reader = new ConfigReader("layout", c.raw("layout"));
  const layout = {
    start: reader.oneOf("start", LAYOUT_CHOICES.start),
    context: reader.oneOf("context", LAYOUT_CHOICES.context),
    blocks: reader.oneOf("blocks", LAYOUT_CHOICES.blocks),
    degrees: reader.oneOf("degrees", LAYOUT_CHOICES.degrees),
  };
  reader.end();
  return layout;
}

/** Rows of the graph, one after the other. */
function decodeAdjacency(c: ConfigReader): (0 | 1)[][] {
  const values = c.counts("adjacency", { min: 0, max: 1 }) as readonly (0 | 1)[];
  // Of a matrix of another shape the constructor says what is wrong.
  const width = Math.max(1, Math.floor(values.length / c.count("features")));
  return Array.from({ length: Math.ceil(values.length / width) }, (_, i) => values.slice(i * width, (i + 1) * width));
}

function mlpLikeCodec<T extends Mlp | ResidualMlp>(
  type: string,
  make: new (options: ConstructorParameters<typeof Mlp>[0]) => T,
): Codec<T> {
  return defineCodec<T>({
    type,
    version: 2,
    migrate: (config) => mlpOfVersion1(type, config),
    is: (value): value is T => value instanceof make,
    encode: (mlp): Json => ({
      inputSize: mlp.inputSize,
      outputSize: mlp.outputSize,
      context: mlp.contextSize,
      hidden: mlp.hidden,
      activation: mlp.activation,
      ...encodeDropout(mlp),
      ...encodeLayout(mlp),
    }),
    decode: (config) => {
      const c = new ConfigReader(type, config);
      const options = {
        inputSize: c.count("inputSize"),
        outputSize: c.count("outputSize"),
        context: c.count("context", { min: 0 }),
        hidden: c.counts("hidden"),
        activation: c.oneOf("activation", ACTIVATIONS),
        dropout: decodeDropout(c),
        layout: decodeLayout(c),
      };
      c.end();
      return new make(options);
    },
  });
}
