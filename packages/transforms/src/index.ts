export { transformsCodecs } from "./codecs.ts";
export type { CdfRange, MixtureCdfOptions } from "./elementwise/abstract-mixture-cdf.ts";
export type { PositiveForm } from "./positive-scale.ts";
export * from "./transforms.ts";
