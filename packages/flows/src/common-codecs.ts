import type { Bijection, Codec, ConditionalDistribution, Distribution, Json, Registry } from "@pushforward/core";
import {
  type AnyCodec,
  ConfigReader,
  defineCodec,
  isAutoregressiveConditioner,
  isBijection,
  isBijectionFamily,
  isConditionalDistribution,
  isConditioner,
  isDistribution,
} from "@pushforward/core/extend";
import { ConditionalFlow } from "./conditional-flow.ts";
import { Flow } from "./flow.ts";
import { Autoregressive, type Orientation } from "./schemes/autoregressive.ts";
import { Coupling } from "./schemes/coupling.ts";
import { Elementwise } from "./schemes/elementwise.ts";

const ORIENTATIONS = ["density", "sampling"] as const satisfies readonly Orientation[];

/** Codec of {@link Autoregressive}. */
export const autoregressiveCodec: Codec<Autoregressive> = defineCodec<Autoregressive>({
  type: "pushforward/autoregressive",
  version: 1,
  is: (value): value is Autoregressive => value instanceof Autoregressive,
  encode: ({ conditioner, family, orientation }, registry) => ({
    conditioner: node(conditioner, registry),
    family: node(family, registry),
    orientation,
  }),
  decode: (config, registry) => {
    const c = new ConfigReader("pushforward/autoregressive", config);
    const conditioner = c.object("conditioner", registry, isAutoregressiveConditioner, "an autoregressive conditioner");
    const family = c.object("family", registry, isBijectionFamily, "a bijection family");
    const orientation = c.oneOf("orientation", ORIENTATIONS);
    c.end();
    return new Autoregressive({ conditioner, family, orientation });
  },
});

/** Codec of {@link Coupling}. */
export const couplingCodec: Codec<Coupling> = defineCodec<Coupling>({
  type: "pushforward/coupling",
  version: 1,
  is: (value): value is Coupling => value instanceof Coupling,
  encode: ({ conditioner, family, mask, orientation }, registry) => ({
    conditioner: node(conditioner, registry),
    family: node(family, registry),
    mask: mask.map((transformed) => (transformed ? 1 : 0)),
    orientation,
  }),
  decode: (config, registry) => {
    const c = new ConfigReader("pushforward/coupling", config);
    const conditioner = c.object("conditioner", registry, isConditioner, "a conditioner");
    const family = c.object("family", registry, isBijectionFamily, "a bijection family");
    const mask = c.counts("mask", { min: 0, max: 1 }).map((transformed) => transformed === 1);
    const orientation = c.oneOf("orientation", ORIENTATIONS);
    c.end();
    return new Coupling({ conditioner, family, mask, orientation });
  },
});

/** Codec of {@link Elementwise}. */
export const elementwiseCodec: Codec<Elementwise> = defineCodec<Elementwise>({
  type: "pushforward/elementwise",
  version: 1,
  is: (value): value is Elementwise => value instanceof Elementwise,
  encode: ({ conditioner, family, features, orientation }, registry) => ({
    family: node(family, registry),
    features,
    orientation,
    ...(conditioner && { conditioner: node(conditioner, registry) }),
  }),
  decode: (config, registry) => {
    const c = new ConfigReader("pushforward/elementwise", config);
    const family = c.object("family", registry, isBijectionFamily, "a bijection family");
    const features = c.count("features");
    const orientation = c.oneOf("orientation", ORIENTATIONS);
    const conditioner = c.has("conditioner")
      ? c.object("conditioner", registry, isConditioner, "a conditioner")
      : undefined;
    c.end();
    return new Elementwise({ family, features, orientation, ...(conditioner && { conditioner }) });
  },
});

/** Codec of {@link Flow}. */
export const flowCodec: Codec<Flow> = defineCodec<Flow>({
  type: "pushforward/flow",
  version: 1,
  is: (value): value is Flow => value instanceof Flow,
  encode: ({ base, transform }, registry) => ({ base: node(base, registry), transform: node(transform, registry) }),
  decode: (config, registry) => {
    const c = new ConfigReader("pushforward/flow", config);
    const base = c.object("base", registry, isDistribution, "a distribution");
    const transform = c.object("transform", registry, isBijection, "a bijection");
    c.end();
    return new Flow(base, transform);
  },
});

/** Codec of {@link ConditionalFlow}. */
export const conditionalFlowCodec: Codec<ConditionalFlow> = defineCodec<ConditionalFlow>({
  type: "pushforward/conditional-flow",
  version: 1,
  is: (value): value is ConditionalFlow => value instanceof ConditionalFlow,
  encode: ({ base, transform, contextTransform }, registry) => ({
    base: node(base, registry),
    transform: node(transform, registry),
    ...(contextTransform && { contextTransform: node(contextTransform, registry) }),
  }),
  decode: (config, registry) => {
    const c = new ConfigReader("pushforward/conditional-flow", config);
    const base = c.object("base", registry, isBase, "a distribution");
    const transform = c.object("transform", registry, isBijection, "a bijection");
    const contextTransform: Bijection | undefined = c.has("contextTransform")
      ? c.object("contextTransform", registry, isBijection, "a bijection")
      : undefined;
    c.end();
    return new ConditionalFlow(base, transform, { ...(contextTransform && { contextTransform }) });
  },
});

/** The codecs of most flows, which a page has at once. */
export const commonFlowsCodecs: readonly AnyCodec[] = [
  autoregressiveCodec,
  conditionalFlowCodec,
  couplingCodec,
  elementwiseCodec,
  flowCodec,
];

function node(value: object, registry: Registry): Json {
  return { ...registry.encode(value) };
}

function isBase(value: unknown): value is Distribution | ConditionalDistribution {
  return isDistribution(value) || isConditionalDistribution(value);
}
