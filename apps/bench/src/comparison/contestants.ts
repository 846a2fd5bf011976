import type { BackendName } from "pushforward";
import { hasJaxMaf } from "../models/jax-maf.ts";
import type { ModelSpec } from "../models/models.ts";
import {
  type Build,
  builds,
  type Measurement,
  type OurJob,
  type Program,
  runNode,
  type TorchJob,
  type TorchStyle,
  tableRows,
  tasksOf,
} from "../processes/job.ts";
import { type Python, runPython } from "../processes/machine.ts";

/** One way to compute a model: ours, ours without kernels and plan, jax-js, or PyTorch. */
export interface Contestant {
  readonly id: string;
  readonly side: Program | "torch";
  readonly threads: number;
  readonly backend?: BackendName;
  readonly build?: Build;
  readonly style?: TorchStyle;
  /** `true` if this variant has the model. */
  readonly has: (model: ModelSpec) => boolean;
  readonly run: (model: ModelSpec, seconds: number) => Promise<Measurement>;
}

/** Who takes part. */
export interface Field {
  readonly backends: readonly BackendName[];
  readonly threads: readonly number[];
  readonly hasPlain: boolean;
  readonly hasJax: boolean;
  readonly python: Python | undefined;
}

/** The contestants, ours and theirs in turn. */
export function contestants({ backends, threads, hasPlain, hasJax, python }: Field): Contestant[] {
  const several = threads.filter((count) => count > 1);
  const own = [
    ...backends.flatMap((backend) => ours(backend)),
    ...(backends.includes("wasm") ? several.flatMap(oursThreaded) : []),
  ];
  const theirs = python ? threads.flatMap((count) => torch(python, count)) : [];
  const turns = Array.from({ length: Math.max(own.length, theirs.length) }, (_, i) => [own[i], theirs[i]]).flat();
  return [
    ...turns.filter((one) => one !== undefined),
    ...(hasPlain ? backends.map(plain) : []),
    ...(hasJax ? [jax()] : []),
  ];
}

function ours(backend: BackendName): Contestant[] {
  // The cpu backend is JavaScript, whatever the engine's WebAssembly can do.
  return (backend === "wasm" ? builds : builds.slice(0, 1)).map((build) => ({
    id: backend === "wasm" ? `ours, wasm ${build}, 1` : `ours, ${backend}, 1`,
    side: "ours",
    threads: 1,
    backend,
    ...(backend === "wasm" && { build }),
    has: () => true,
    run: (model, seconds) => runNode<Measurement>("measure", ourJob(model, seconds, backend), build),
  }));
}

/** Training on several threads, which only a plan on wasm has; densities and samples are computed on one. */
function oursThreaded(threads: number): Contestant[] {
  return builds.map((build) => ({
    id: `ours, wasm ${build}, ${threads}`,
    side: "ours",
    threads,
    backend: "wasm",
    build,
    has: ({ userLayer }) => !userLayer,
    run: (model, seconds) => {
      const job = ourJob(model, seconds, "wasm");
      const tasks = job.tasks.filter(({ name }) => name === "step");
      return runNode<Measurement>("measure", { ...job, tasks, threads }, build);
    },
  }));
}

function plain(backend: BackendName): Contestant {
  return {
    id: `plain tfjs, ${backend}`,
    side: "plain",
    threads: 1,
    backend,
    has: () => true,
    run: (model, seconds) =>
      runNode<Measurement>("measure", { ...ourJob(model, seconds, backend), program: "plain" }, builds[0]),
  };
}

/** jax-js has no flows; its row is a script of ours, without sampling. */
function jax(): Contestant {
  return {
    id: "jax-js, wasm",
    side: "jax-js",
    threads: 1,
    backend: "wasm",
    has: hasJaxMaf,
    run: (model, seconds) => {
      const job = ourJob(model, seconds, "wasm");
      const tasks = job.tasks.filter(({ name }) => name !== "sample");
      return runNode<Measurement>("measure", { ...job, tasks, program: "jax-js" }, builds[0]);
    },
  };
}

function torch(python: Python, threads: number): Contestant[] {
  return (["peer", "compiled", "library", "tuned"] as const).map((style) => ({
    id: `torch, ${style}, ${threads}`,
    side: "torch",
    threads,
    style,
    has: ({ peer }) => {
      if (style !== "peer" && style !== "compiled") return true;
      if (style === "compiled" && !python.environment.compiles) return false;
      return peer !== undefined && python.environment.peers.includes(peer);
    },
    run: (model, seconds) => {
      const job: TorchJob = { model, tasks: tasksOf(model), seconds, threads, rows: tableRows(model), style };
      return runPython<Measurement>(python, "measure.py", job, threads);
    },
  }));
}

function ourJob(model: ModelSpec, seconds: number, backend: BackendName): OurJob {
  return { model, tasks: tasksOf(model), seconds, threads: 1, rows: tableRows(model), backend, program: "ours" };
}
