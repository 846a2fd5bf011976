export * from "@pushforward/datasets/node";
export * from "@pushforward/serialization/node";
