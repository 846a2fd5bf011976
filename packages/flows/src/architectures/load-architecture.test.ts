import { useBackend } from "@pushforward/backend";
import { createKey } from "@pushforward/core";
import { beforeAll, expect, test } from "vitest";
import { type ArchitectureName, architectureNames } from "./architectures.ts";
import { createFlow } from "./create-flow.ts";
import { loadArchitecture } from "./load-architecture.ts";

beforeAll(() => useBackend("cpu"));

test.each(architectureNames)("%s makes the flow of createFlow", async (name) => {
  const options = { features: 2, context: 1, transforms: 1, hidden: [4], key: createKey(3) } as const;
  using loaded = (await loadArchitecture(name))(options);
  using byName = createFlow(name, options);
  const of = (flow: typeof loaded): [string, number[]][] =>
    [...flow.parameters()].map(([path, own]) => [path, Array.from(own.read())]);
  expect(of(loaded)).toEqual(of(byName));
});

test("an unknown name loads nothing", async () => {
  await expect(loadArchitecture("constructor" as ArchitectureName)).rejects.toThrow(
    `loadArchitecture: expected an architecture (${architectureNames.join(", ")}), got "constructor".`,
  );
});
