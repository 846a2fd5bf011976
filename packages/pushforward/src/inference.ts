export * from "@pushforward/inference";
