import { type Plan, PlanBuilder } from "@pushforward/core/extend";
import { expect, test } from "vitest";
import { stepKinds } from "../index.ts";
import type { StepKind } from "../steps/step-kind.ts";

// What the compiler must refuse: an unused `@ts-expect-error` is an error of `tsc`, which checks this file.
test("a misspelt operation, setting or slot does not compile", () => {
  const plan = new PlanBuilder();
  const x = plan.matrix(2);
  const add = [
    () => plan.add("columns", { inputs: [x], settings: { columns: [0] } }),
    // @ts-expect-error no operation has this name
    () => plan.add("colums", { inputs: [x], settings: { columns: [0] } }),
    // @ts-expect-error no setting has this name
    () => plan.add("columns", { inputs: [x], settings: { colums: [0] } }),
    // @ts-expect-error a setting is missing
    () => plan.add("shift", { inputs: [x, x] }),
    // @ts-expect-error an optional setting is misspelt
    () => plan.add("mixtureLogProb", { inputs: [x], settings: { logWeight: [0] } }),
    // @ts-expect-error there are no settings
    () => plan.add("sumColumns", { inputs: [x], settings: { columns: [0] } }),
    // @ts-expect-error a setting has another type
    () => plan.add("shift", { inputs: [x, x], settings: { inverse: "yes" } }),
    // @ts-expect-error an input is missing
    () => plan.add("shift", { inputs: [x], settings: { inverse: false } }),
    // @ts-expect-error the parameters are missing
    () => plan.add("luLinear", { inputs: [x], settings: { offset: 0, smallest: 0, inverse: false } }),
    // @ts-expect-error one output too many is taken
    () => plan.add("sumColumns", { inputs: [x] })[1],
  ];
  for (const one of add.slice(0, 1)) one();
  const made: Plan = plan.finish([x], []);
  expect(made.steps).toEqual([
    { op: "columns", inputs: [0], outputs: [1], parameters: [], settings: { columns: [0] } },
  ]);
});

test("a kernel that reads a setting that nobody writes, or is missing or one too many, does not compile", () => {
  const shift: StepKind<"shift"> = stepKinds.shift;
  const kinds = [
    // @ts-expect-error no setting has this name
    { ...shift, isFixed: ({ inversed }) => Boolean(inversed) } satisfies StepKind<"shift">,
    // @ts-expect-error the operation has no third input
    { ...shift, memory: ({ inputs }) => ({ saved: inputs[2], scratch: 0 }) } satisfies StepKind<"shift">,
    // @ts-expect-error it is the kernel of another operation
    stepKinds.affine satisfies StepKind<"columns">,
    // @ts-expect-error no operation has this name
    stepKinds.colums,
  ];
  const { shift: missing, ...rest } = stepKinds;
  // @ts-expect-error the kernel of an operation is missing
  const table: typeof stepKinds = rest;
  expect(kinds).toHaveLength(4);
  expect(Object.keys(table)).toHaveLength(Object.keys(stepKinds).length - 1);
  expect(missing).toBe(shift);
});
