// A page that simulates in Web Workers: of a module that is served as it is, and of a program that was bundled.

import { simulate, workerSimulator } from "@pushforward/inference";
import { createKey, Uniform, useBackend } from "pushforward";

/** How the workers load their simulator. */
export type SimulatorWay = "module" | "bundled" | "broken";

async function runSimulations(way: SimulatorWay): Promise<number[]> {
  await useBackend("cpu");
  const bundled = () => new Worker(new URL("./simulators-worker.ts", import.meta.url), { type: "module" });
  const address = new URL(way === "module" ? "simulator.js" : "absent.js", document.baseURI);
  await using workers = await workerSimulator(way === "bundled" ? bundled : address, { threads: 2 });
  const { simulator, threads: concurrency } = workers;
  const prior = new Uniform({ low: [-1], high: [1] });
  const { data } = await simulate({ prior, simulator, simulations: 30 }, { key: createKey(8), concurrency });
  return Array.from(data.data);
}

Object.assign(globalThis, { runSimulations });
