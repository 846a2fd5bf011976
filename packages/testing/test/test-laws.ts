import { useBackend } from "@pushforward/backend";
import { currentExecutor, type Executor, type Plan, setExecutor } from "@pushforward/core/extend";
import * as tf from "@tensorflow/tfjs-core";
import { beforeAll, describe, test } from "vitest";
import type { Law } from "../src/law/law.ts";
import { DEEP } from "./deep.ts";

type LawsByCase = readonly (readonly [name: string, laws: readonly Law[]])[];

const AGREEMENT = "backends agree";

/** The slowest laws: differences for each parameter, multiple draws, multiple calls. */
const COSTLY: ReadonlySet<string> = new Set([
  "a second call gives the same",
  "change of measure",
  "every parameter learns",
  "far away is improbable",
  "finite gradients",
  "gradients are slopes",
  "integrates to 1",
  "no leak",
  "samples follow the density",
  "mean log-density is minus the entropy",
]);

/**
 * Registers the laws of cases as tests: one test per law, or in short runs one test for all laws of a case.
 *
 * In short runs the cheap laws run for all cases on wasm. The costly laws skip a case if earlier cases covered its kind,
 * our kernels and the operations of plans. The values and gradients of the backends are compared for each case of a new
 * kind, or with a form of an operation or of a kernel, also of TensorFlow.js, that no earlier case has called. On cpu
 * the cheap laws run for each case with a new kernel of ours or a new form of an operation: everything else on cpu is
 * TensorFlow.js. Deep runs use all laws for all cases on both backends.
 *
 * @param deepOnly costly cases for deep runs only: other cases have the same code.
 */
export function testLaws(lawsByCase: LawsByCase, deepOnly: ReadonlySet<string> = new Set()): void {
  const known = new Set(lawsByCase.map(([name]) => name));
  const unknown = [...deepOnly].filter((name) => !known.has(name));
  if (unknown.length > 0) throw new Error(`testLaws: expected names of cases, got ${unknown.join(", ")}.`);
  if (DEEP) testAll(lawsByCase);
  else testShort(lawsByCase.filter(([name]) => !deepOnly.has(name)));
}

const isCostly = (law: Law): boolean => COSTLY.has(law.name);

function testAll(lawsByCase: LawsByCase): void {
  for (const backend of ["cpu", "wasm"] as const) {
    describe(backend, () => {
      beforeAll(() => useBackend(backend));
      for (const [name, laws] of lawsByCase) {
        describe(name, () => {
          for (const law of laws) if (backend === "wasm" || law.name !== AGREEMENT) test(law.name, () => law.run());
        });
      }
    });
  }
}

function testShort(lawsByCase: LawsByCase): void {
  const seen = new Set<string>();
  beforeAll(() => useBackend("wasm"));
  for (const [name, laws] of lawsByCase) {
    test(name, async () => {
      const runCheap = async (): Promise<void> => {
        for (const law of laws) if (law.name !== AGREEMENT && !isCostly(law)) await law.run();
      };
      const { kernels, forms } = await callsOf(runCheap);
      // The first word of a name is the class or function of the case, which may call no kernel of ours.
      const kinds = [name.split(/[ ,]/, 1)[0] as string, ...forms.map((form) => form.split(" ", 1)[0] as string)];
      const [hasNewKind, hasNewForm, hasNewKernel] = [kinds, forms, kernels].map((names) =>
        names.some((one) => !seen.has(one)),
      );
      for (const one of [...kinds, ...forms, ...kernels]) seen.add(one);
      if (hasNewKind) for (const law of laws) if (isCostly(law)) await law.run();
      if (hasNewKind || hasNewForm || hasNewKernel) {
        for (const law of laws) if (law.name === AGREEMENT) await law.run();
      }
      if (hasNewForm) await onCpu(runCheap);
    });
  }
}

/** Runs laws on cpu; an error names the backend. */
async function onCpu(run: () => Promise<void>): Promise<void> {
  await useBackend("cpu");
  try {
    await run();
  } catch (error) {
    throw new Error(`on cpu: ${error instanceof Error ? error.message : String(error)}`, { cause: error });
  } finally {
    await useBackend("wasm");
  }
}

/** What runs on the present backend. */
interface Calls {
  /** Kernels of ours and of TensorFlow.js, with their discrete settings. */
  readonly kernels: readonly string[];
  /** Kernels of ours, and operations of plans with their discrete settings. */
  readonly forms: readonly string[];
}

async function callsOf(run: () => Promise<void>): Promise<Calls> {
  const kernels = new Set<string>();
  const forms = new Set<string>();
  const engine = tf.engine();
  const { runKernel } = engine;
  engine.runKernel = ((name, inputs, attributes) => {
    if (name.startsWith("Pushforward")) forms.add(name);
    kernels.add(`kernel ${name} ${discrete(attributes ?? {})}`);
    return runKernel.call(engine, name, inputs, attributes);
  }) as typeof engine.runKernel;
  const backend = tf.backend();
  const executor = currentExecutor() as Executor;
  const note = ({ steps }: Plan): void => {
    for (const { op, settings } of steps) forms.add(`${op} ${discrete(settings)}`);
  };
  const noting: Pick<Executor, "run" | "runOnTape"> = {
    run: (plan, inputs) => {
      note(plan);
      return executor.run(plan, inputs);
    },
    runOnTape: (plan, inputs) => {
      note(plan);
      return executor.runOnTape(plan, inputs);
    },
  };
  setExecutor(backend, Object.assign(Object.create(executor) as Executor, noting));
  try {
    await run();
  } finally {
    setExecutor(backend, executor);
    engine.runKernel = runKernel;
  }
  return { kernels: [...kernels], forms: [...forms] };
}

/** The settings of an operation that choose a path through its kernel: words and booleans, not numbers. */
function discrete(settings: object): string {
  return Object.entries(settings)
    .filter(([, value]) => typeof value === "string" || typeof value === "boolean")
    .map(([name, value]) => `${name}=${value}`)
    .join(" ");
}
