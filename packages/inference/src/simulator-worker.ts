// The program of a worker that simulates: it loads the module that it is told, and answers one call after the other.
import { errorToData } from "@pushforward/core/plain";
import { serveSimulator } from "./serve-simulator.ts";
import type { RowSimulator } from "./simulator.ts";
import { listen, tell } from "./worker-thread.ts";

listen(async (question) => {
  if (question.type !== "load") return;
  try {
    // An address of the caller, which no bundler knows.
    const { default: simulator } = (await import(/* @vite-ignore */ /* webpackIgnore: true */ question.module)) as {
      readonly default?: unknown;
    };
    if (typeof simulator !== "function") throw new TypeError(`its default export is ${typeof simulator}`);
    serveSimulator(simulator as RowSimulator);
  } catch (error) {
    tell({ type: "failed", error: errorToData(error) });
  }
});
