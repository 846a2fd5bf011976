export { importOptional } from "@pushforward/core/node";
export * from "@pushforward/datasets/node";
export * from "@pushforward/serialization/node";
