// The program of a worker that simulates: it loads the module that it is told, and answers one call after the other.
import { serveRequests } from "@pushforward/core/plain";
import { answerOf } from "./serve-simulator.ts";
import type { RowSimulator } from "./simulator.ts";

serveRequests(async (module: string) => {
  // An address of the caller, which no bundler knows.
  const { default: simulator } = (await import(/* @vite-ignore */ /* webpackIgnore: true */ module)) as {
    readonly default?: unknown;
  };
  if (typeof simulator !== "function") throw new TypeError(`its default export is ${typeof simulator}`);
  return answerOf(simulator as RowSimulator);
});
