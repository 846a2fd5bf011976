export * from "@pushforward/plots";
