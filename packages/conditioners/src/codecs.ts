// What common flows have stands in a file of its own, so that a page that shows one loads no other.

import type { Codec, Json } from "@pushforward/core";
import {
  type AnyCodec,
  ConfigReader,
  classCodec,
  constructStored,
  defineCodec,
  field,
  isAutoregressiveConditioner,
  isConditioner,
} from "@pushforward/core/extend";
import { attentionEncoderCodec } from "./attention-encoder.ts";
import { Classifier, deepSetCodec } from "./classifier.ts";
import { madeCodec, mlpCodec, residualMlpCodec } from "./common-codecs.ts";
import { ConvNet, convEncoderCodec } from "./conv-encoder.ts";
import { ACTIVATIONS } from "./dense-layers.ts";
import { Tapered } from "./dense-network.ts";
import { missingMaskCodec, Periodic } from "./missing-mask.ts";

/** Model-file codec of {@link ConvNet}: `pushforward/conv-net`. */
export const convNetCodec: Codec<ConvNet> = defineCodec<ConvNet>({
  type: "pushforward/conv-net",
  version: 1,
  is: (value): value is ConvNet => value instanceof ConvNet,
  encode: ({ inputSize, outputSize, contextSize, hidden, kernelSize, activation }): Json => ({
    inputSize,
    outputSize,
    context: contextSize,
    hidden,
    kernelSize,
    activation,
  }),
  decode: (config) => {
    const type = "pushforward/conv-net";
    const c = new ConfigReader(type, config);
    const options = {
      inputSize: c.count("inputSize"),
      outputSize: c.count("outputSize"),
      context: c.count("context", { min: 0 }),
      hidden: c.counts("hidden"),
      kernelSize: c.count("kernelSize"),
      activation: c.oneOf("activation", ACTIVATIONS),
    };
    c.end();
    return constructStored(type, () => new ConvNet(options));
  },
});

/** Model-file codec of {@link Classifier}: `pushforward/classifier`. */
export const classifierCodec: Codec<Classifier> = defineCodec<Classifier>({
  type: "pushforward/classifier",
  version: 1,
  is: (value): value is Classifier => value instanceof Classifier,
  encode: ({ network }, registry): Json => ({ network: { ...registry.encode(network) } }),
  decode: (config, registry) => {
    const c = new ConfigReader("pushforward/classifier", config);
    const network = c.object("network", registry, isConditioner, "a conditioner");
    c.end();
    return new Classifier(network);
  },
});

/** Model-file codec of {@link Periodic}: `pushforward/periodic`. */
export const periodicCodec: Codec<Periodic> = defineCodec<Periodic>({
  type: "pushforward/periodic",
  version: 1,
  is: (value): value is Periodic => value instanceof Periodic,
  encode: ({ conditioner, outputsPerVariable }, registry): Json => ({
    conditioner: { ...registry.encode(conditioner) },
    outputsPerVariable,
  }),
  decode: (config, registry) => {
    const c = new ConfigReader("pushforward/periodic", config);
    const conditioner = c.object("conditioner", registry, isAutoregressiveConditioner, "an autoregressive conditioner");
    const outputsPerVariable = c.count("outputsPerVariable");
    c.end();
    return new Periodic({ conditioner, outputsPerVariable });
  },
});

/** Model-file codec of {@link Tapered}: `pushforward/tapered`. */
export const taperedCodec: Codec<Tapered> = classCodec("pushforward/tapered", Tapered, {
  conditioner: field.object(isConditioner, "a conditioner"),
});

/** The codecs of this package. */
export const conditionersCodecs: readonly AnyCodec[] = [
  mlpCodec,
  residualMlpCodec,
  madeCodec,
  classifierCodec,
  deepSetCodec,
  attentionEncoderCodec,
  convEncoderCodec,
  missingMaskCodec,
  periodicCodec,
  taperedCodec,
  convNetCodec,
];
