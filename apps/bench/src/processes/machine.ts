import { availableParallelism, cpus, loadavg } from "node:os";
import type { Python } from "./python.ts";

/** Where figures come from. */
export interface Machine {
  readonly date: string;
  readonly processor: string;
  readonly processors: number;
  readonly load: readonly number[];
  readonly node: string;
  readonly v8: string;
  readonly python?: Python["environment"];
}

export function describeMachine(python: Python | undefined): Machine {
  return {
    date: new Date().toISOString(),
    processor: cpus()[0]?.model ?? "unknown",
    processors: availableParallelism(),
    load: loadavg(),
    node: process.versions.node,
    v8: process.versions.v8,
    ...(python && { python: python.environment }),
  };
}

/** The machine in Markdown. */
export function machineLines(machine: Machine): string[] {
  const { python } = machine;
  const lines = [
    `- ${machine.date}, ${machine.processor}, ${machine.processors} processors, load average at the start ` +
      machine.load.map((value) => value.toFixed(2)).join(", "),
    `- Node ${machine.node}, V8 ${machine.v8}`,
  ];
  if (python === undefined) return lines;
  const blas = [/BLAS_INFO=(\w+)/.exec(python.config)?.[1] ?? "unknown", ...python.blas].join(" ");
  const threading = /ATen parallel backend: (.*)/.exec(python.parallel)?.[1] ?? "unknown";
  return [
    ...lines,
    `- Python ${python.python}, PyTorch ${python.torch}, BLAS ${blas}, ${python.cpuCapability}, threads by ${threading}`,
    `- libraries beside it: ${python.peers.join(", ") || "none"}`,
  ];
}
