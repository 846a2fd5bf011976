export { anomaliesCodecs } from "./codecs.ts";
