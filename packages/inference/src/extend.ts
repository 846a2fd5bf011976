export { inferenceCodecs } from "./codecs.ts";
