import { useBackend } from "@pushforward/backend";
import { currentExecutor, type Executor, type Plan, setExecutor } from "@pushforward/core";
import * as tf from "@tensorflow/tfjs-core";
import { beforeAll, describe, test } from "vitest";
import type { Law } from "../src/law/law.ts";
import { DEEP } from "./deep.ts";

type LawsByCase = readonly (readonly [name: string, laws: readonly Law[]])[];

const AGREEMENT = "backends agree";

/**
 * Registers the laws of cases as tests.
 *
 * On wasm all laws run for all cases. On cpu the law that compares the backends runs for all cases, and the other laws
 * run for each case that calls one of our kernels, or an operation of a plan, in a form that no case before it has
 * called: everything else on cpu is TensorFlow.js. Deep runs take all laws on both backends.
 */
export function testLaws(lawsByCase: LawsByCase): void {
  describe("wasm", () => {
    beforeAll(() => useBackend("wasm"));
    for (const [name, laws] of lawsByCase) {
      describe(name, () => {
        for (const law of laws) if (DEEP || law.name !== AGREEMENT) test(law.name, () => law.run());
      });
    }
  });
  describe("cpu", () => {
    beforeAll(() => useBackend("cpu"));
    const seen = new Set<string>();
    for (const [name, laws] of lawsByCase) {
      if (DEEP) {
        describe(name, () => {
          for (const law of laws) if (law.name !== AGREEMENT) test(law.name, () => law.run());
        });
      } else test(name, () => runWhereNew(laws, seen));
    }
  });
}

/** Compares the backends, then runs the other laws if a kernel ran that is not among those seen. */
async function runWhereNew(laws: readonly Law[], seen: Set<string>): Promise<void> {
  const called = await kernelsIn(async () => {
    for (const law of laws) if (law.name === AGREEMENT) await law.run();
  });
  const added = called.filter((kernel) => !seen.has(kernel));
  if (added.length === 0) return;
  for (const kernel of added) seen.add(kernel);
  for (const law of laws) if (law.name !== AGREEMENT) await law.run();
}

/** The kernels of ours and the operations of plans, with their discrete settings, that run on the present backend. */
async function kernelsIn(run: () => Promise<void>): Promise<readonly string[]> {
  const called = new Set<string>();
  const engine = tf.engine();
  const { runKernel } = engine;
  engine.runKernel = ((name, inputs, attributes) => {
    if (name.startsWith("Pushforward")) called.add(name);
    return runKernel.call(engine, name, inputs, attributes);
  }) as typeof engine.runKernel;
  const backend = tf.backend();
  const executor = currentExecutor() as Executor;
  const note = ({ steps }: Plan): void => {
    for (const { op, settings } of steps) called.add(`${op} ${discrete(settings)}`);
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
  return [...called];
}

/** The settings of an operation that choose a path through its kernel: words and booleans, not numbers. */
function discrete(settings: object): string {
  return Object.entries(settings)
    .filter(([, value]) => typeof value === "string" || typeof value === "boolean")
    .map(([name, value]) => `${name}=${value}`)
    .join(" ");
}
