import { availableParallelism } from "node:os";
import { defineConfig } from "vitest/config";
import { BaseSequencer, type TestSpecification } from "vitest/node";

const conditions = ["@pushforward/source", "module", "node", "development|production"];

/** Tests that only `npm run verify` and `npm test -- --deep` run: visits in a browser, the examples of the docs, and other builds of WebAssembly. */
const deep = [
  "apps/{docs,playground}/test/**/*.test.ts",
  "docs/examples.test.ts",
  "docs/doc-comments/doc-comments.test.ts",
  "packages/backend/src/{identical-bits,relaxed-simd,without-simd}.test.ts",
];
const skipped = process.env["PUSHFORWARD_DEEP"] === "1" ? [] : deep;

// In deep runs they turn on relaxed SIMD, which changes the last bits of all later results in their process.
const kernels = process.env["PUSHFORWARD_DEEP"] === "1" ? ["packages/kernels/src/**/*.test.ts"] : [];

/** Tests of the start of a process, or with changes to the shared state of its modules. */
const isolated = [
  "packages/backend/src/{start-failures,use-backend}.test.ts",
  "packages/core/src/arrays/tensor-like.test.ts",
  "packages/core/src/contracts/parameter.test.ts",
  "packages/core/src/run/run-together.test.ts",
  // They count the workers of the process.
  "packages/pushforward/src/workers/**/*.test.ts",
  "apps/cli/src/fit/fit-named-flow.test.ts",
  ...deep,
];

/** Most code of tests does not run long enough for the time of the optimizing compiler to pay. Newer engines have no such flag. */
const optimizedLater = process.versions.node.startsWith("20.") ? ["--interrupt-budget=1000000"] : [];

/** Vitest starts large files first where it knows no durations. The files of laws are small and slow: at the end, a worker would be idle. */
class LawsFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const sorted = await super.sort(files);
    const place = ({ project, moduleId }: TestSpecification): number =>
      project.config.isolate ? 0 : moduleId.endsWith("/laws.test.ts") ? 1 : 2;
    return sorted.sort((a, b) => place(a) - place(b));
  }
}

export default defineConfig({
  resolve: { conditions },
  ssr: { resolve: { conditions, externalConditions: ["@pushforward/source", "node"] } },
  test: {
    silent: "passed-only",
    sequence: { sequencer: LawsFirst },
    // TensorFlow.js has its names as exports: without a proxy before it, names are found faster.
    deps: { interopDefault: false },
    // Longer than `eventually` of the command line waits, so that its error, with the last state, comes first.
    testTimeout: 180_000,
    hookTimeout: 180_000,
    reporters: ["default", "./scripts/summary-reporter.mjs"],
    // The default leaves one core to Vitest itself, which on two cores is half of the machine.
    maxWorkers: availableParallelism(),
    execArgv: [
      // Tests make many short-lived objects: a larger young generation is collected less often, by the thread that makes them.
      "--max-semi-space-size=64",
      "--single-threaded-gc",
      // Most code runs a few times only: it is compiled at once, without the interpreter, and notes types from the first call.
      "--always-sparkplug",
      "--no-lazy-feedback-allocation",
      ...optimizedLater,
    ],
    // scripts/print-coverage.mjs reads the summary.
    coverage: {
      provider: "v8",
      include: ["packages/*/src/**/*.ts", "apps/{bench,cli,playground}/src/**/*.{ts,tsx}"],
      exclude: ["**/*.test.ts", "**/*.test-support.ts", "**/generated/**"],
      reporter: ["json-summary"],
      reportOnFailure: true,
    },
    projects: [
      { extends: true, test: { name: "isolated", include: isolated, exclude: skipped } },
      ...(kernels.length === 0
        ? []
        : [{ extends: true, test: { name: "kernels", isolate: false, include: kernels } } as const]),
      {
        extends: true,
        test: {
          // Files that share a process load the library once: loading takes a third of the time of small files.
          name: "shared",
          isolate: false,
          globalSetup: "./apps/cli/scripts/test-program.mjs",
          include: [
            "{apps,packages}/*/src/**/*.test.ts",
            "docs/**/*.test.ts",
            "examples/src/**/*.test.ts",
            "scripts/**/*.test.ts",
          ],
          exclude: [...isolated, ...kernels, ...skipped],
        },
      },
    ],
  },
});
