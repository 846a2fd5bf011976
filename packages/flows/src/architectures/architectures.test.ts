import { useBackend } from "@pushforward/backend";
import { createKey } from "@pushforward/core";
import { Chain } from "@pushforward/transforms/extend";
import { beforeAll, expect, test } from "vitest";
import { Flow } from "../flow.ts";
import * as flows from "../index.ts";
import { type ArchitectureName, architectureNames, architectures } from "./architectures.ts";
import { createFlow } from "./create-flow.ts";

beforeAll(() => useBackend("cpu"));

/** Number of parameters and of layers. */
function sizesOf(name: ArchitectureName, options: { readonly bins?: number; readonly transforms?: number }): number[] {
  using flow = createFlow(name, { features: 3, context: undefined, key: createKey(0), ...options });
  const layers = flow.transform instanceof Chain ? flow.transform.layers.length : 1;
  return [
    [...flow.parameters().values()].reduce((sum, { shape }) => sum + shape.reduce((a, b) => a * b, 1), 0),
    layers,
  ];
}

test.each(architectureNames)("%s is as its entry says", (name) => {
  const { label, help, transforms, splines, factory } = architectures[name];
  expect(label).not.toBe("");
  expect(help).toMatch(/^[A-Z].*\.$/);
  expect(flows).toHaveProperty(factory);
  // The one that is no function of its own is a setting of `nsf`.
  expect(factory).toBe(name === "nsf-coupling" ? "nsf" : name);
  expect(sizesOf(name, {})).toEqual(sizesOf(name, { transforms }));
  expect(sizesOf(name, {})).not.toEqual(sizesOf(name, { transforms: transforms + 1 }));
  expect(sizesOf(name, { bins: 4 }).join() !== sizesOf(name, {}).join()).toBe(splines);
});

test("a name makes what its factory makes", () => {
  using byName = createFlow("nsf-coupling", { features: 2, context: undefined, key: createKey(3) });
  using byHand = flows.nsf({ features: 2, coupling: true, key: createKey(3) });
  expect(byName).toBeInstanceOf(Flow);
  const values = (flow: Flow): number[][] => Array.from(flow.parameters().values(), (p) => Array.from(p.read()));
  expect(values(byName as Flow)).toEqual(values(byHand));
});

test("an unknown name is refused", () => {
  const options = { features: 2, context: undefined, key: createKey(0) };
  expect(() => createFlow("constructor" as ArchitectureName, options)).toThrow(
    `createFlow: expected an architecture (${architectureNames.join(", ")}), got "constructor".`,
  );
});
