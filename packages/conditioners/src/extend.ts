export { Classifier } from "./classifier.ts";
export { conditionersCodecs } from "./codecs.ts";
export { commonConditionersCodecs } from "./common-codecs.ts";
export { DenseLayer } from "./dense-layers.ts";
