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
 * Short runs compare the values and gradients of the backends for all cases. On wasm all laws run for all cases, except
 * that the costly laws skip a case if earlier cases covered its kind, kernels and operations. On cpu the cheap laws run
 * for each case that calls one of our kernels or an operation of a plan in a form that no earlier case has called:
 * everything else on cpu is TensorFlow.js. Deep runs use all laws for all cases on both backends.
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
  /** Cases with a kind, kernels and operations that earlier cases covered, in any form. */
  const repeated = new Set<string>();
  const runAll = async (laws: readonly Law[], omit: (law: Law) => boolean = () => false): Promise<void> => {
    for (const law of laws) if (law.name !== AGREEMENT && !omit(law)) await law.run();
  };
  describe("cpu", () => {
    beforeAll(() => useBackend("cpu"));
    for (const [name, laws] of lawsByCase) {
      test(name, async () => {
        const called = await kernelsIn(async () => {
          for (const law of laws) if (law.name === AGREEMENT) await law.run();
        });
        // The first word of a name is the class or function of the case, which may call no kernel.
        const kind = name.split(/[ ,]/, 1)[0] as string;
        const hasNewKernel = called.some((kernel) => !seen.has(kernel));
        const operations = called.map((form) => form.split(" ", 1)[0] as string);
        if ([...operations, kind].every((one) => seen.has(one))) repeated.add(name);
        for (const form of [...called, ...operations, kind]) seen.add(form);
        if (hasNewKernel) await runAll(laws, isCostly);
      });
    }
  });
  describe("wasm", () => {
    beforeAll(() => useBackend("wasm"));
    for (const [name, laws] of lawsByCase) {
      test(name, () => runAll(laws, (law) => repeated.has(name) && isCostly(law)));
    }
  });
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
