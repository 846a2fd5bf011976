export { transformsCodecs } from "./codecs.ts";
export * from "./transforms.ts";
