export { transformsCodecs } from "./codecs.ts";
export type { PositiveForm } from "./positive-scale.ts";
export * from "./transforms.ts";
