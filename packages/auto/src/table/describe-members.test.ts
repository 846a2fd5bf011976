import { useBackend } from "@pushforward/backend";
import { findVariables } from "@pushforward/columns";
import { createKey } from "@pushforward/core";
import { penguins } from "@pushforward/datasets";
import { takeTableRows } from "@pushforward/datasets/extend";
import { DensityModel } from "@pushforward/tables/extend";
import { expect, test } from "vitest";
import { fitTable } from "./fit-table.ts";

test("members of a mixture have their own names", async () => {
  await useBackend("wasm");
  const { variables, table: all } = findVariables(penguins());
  const table = takeTableRows(
    all,
    [...new Array(100).keys()].map((i) => 3 * i),
  );
  const { model: density } = await fitTable(
    { variables, table },
    { key: createKey(0), maxEpochs: 1, hidden: [8], members: 1, rules: false },
  );
  const lines = new DensityModel({ density, variables }).describe().filter((line) => line.startsWith("mixed with"));
  const members = "members" in density ? density.members : [];
  expect(lines).toHaveLength(members.length);
  expect(lines.length).toBeGreaterThan(0);
  for (const [m, member] of members.entries()) {
    const name = {
      NormalMixture: /a normal|\d normals/,
      ProductMixture: /products? of columns/,
      NumericFlow: /a flow of/,
    };
    expect(lines[m]).toMatch(name[member.constructor.name as keyof typeof name]);
  }
  expect(members.map((member) => member.constructor.name)).toContain("NormalMixture");
  density.dispose();
});
