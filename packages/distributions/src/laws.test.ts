import { useBackend } from "@pushforward/backend";
import { createKey } from "@pushforward/core";
import { createRegistry } from "@pushforward/serialization";
import { distributionLaws } from "@pushforward/testing";
import { beforeAll, describe, expect, test } from "vitest";
import { cases, casesCodecs } from "../cases/index.ts";
import { distributionsCodecs } from "./codecs.ts";
import * as distributions from "./index.ts";

const registry = createRegistry(...distributionsCodecs, ...casesCodecs);

for (const backend of ["cpu", "wasm"] as const) {
  describe(backend, () => {
    beforeAll(() => useBackend(backend));
    for (const [name, theCase] of Object.entries(cases)) {
      describe(name, () => {
        for (const law of distributionLaws(name, theCase, { registry })) test(law.name, () => law.run());
      });
    }
  });
}

test("every exported distribution has a case", () => {
  const exported: readonly unknown[] = Object.values(distributions);
  const classes = exported.filter((value) => typeof value === "function" && /^class /.test(String(value)));
  expect(classes).toHaveLength(29);
  const covered = new Set(Object.values(cases).map(({ make }) => make(createKey(1)).constructor));
  expect(classes.filter((type) => !covered.has(type as () => object))).toEqual([]);
});
