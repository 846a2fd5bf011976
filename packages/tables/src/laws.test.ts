import { useBackend } from "@pushforward/backend";
import { beforeAll, describe, expect, test } from "vitest";
import { registry } from "../cases/fitted.ts";
import { cases } from "../cases/index.ts";
import { tablesCodecs } from "./codecs.ts";
import { columnDensityCodec } from "./density/column-density.ts";

// On one backend: the law that both agree compares densities and draws with those of the other.
beforeAll(() => useBackend("wasm"));

for (const { name, laws } of cases) {
  describe(name, () => {
    for (const law of laws({ registry })) test(law.name, () => law.run());
  });
}

test("every density of tables has a case", () => {
  // A density of cells given a context, not of rows.
  const densities = tablesCodecs.filter((codec) => codec !== columnDensityCodec);
  const made = cases.map(({ make }) => make());
  expect(densities.filter((codec) => !made.some((value) => codec.is(value))).map(({ type }) => type)).toEqual([]);
});
