export * from "@pushforward/interop";
