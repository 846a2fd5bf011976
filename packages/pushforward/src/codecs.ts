// The codecs of the built-in types, a list for each package; `createRegistry(...codecs.flows, ...codecs.transforms)` makes a
// registry of some of them. The codec of a single type is exported by its package.
export { anomaliesCodecs as anomalies } from "@pushforward/anomalies";
export { conditionersCodecs as conditioners } from "@pushforward/conditioners";
export { distributionsCodecs as distributions } from "@pushforward/distributions";
export { flowsCodecs as flows } from "@pushforward/flows";
export { inferenceCodecs as inference } from "@pushforward/inference";
export { tablesCodecs as tables } from "@pushforward/tables";
export { transformsCodecs as transforms } from "@pushforward/transforms";
