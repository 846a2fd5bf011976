export * from "@pushforward/diagnostics";
