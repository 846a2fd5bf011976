import { expect, test } from "vitest";
import type { ModelInfo } from "../../shared/protocol.ts";
import { parseSettings } from "../../shared/settings.ts";
import { readForModel } from "./shown-model.ts";

const settings = parseSettings("data=file");
const layout = { columns: ["b"], context: [{ name: "kind", kind: "category", categories: ["p", "q"] }] } as const;
const model: ModelInfo = {
  ...{
    flow: "maf",
    parameters: 1,
    trainRows: 0,
    validationRows: 0,
    layout,
    command: "",
    code: "",
    file: "m",
    notes: [],
  },
};
const fileOf = (text: string): File => new File([text], "rows.csv");

test("rows with the columns of the open model are for it", async () => {
  const read = await readForModel(settings, fileOf("a,b,kind\n1,2,p\n3,4,q\n"), model);
  expect(read.isScored).toBe(true);
  expect(read.layout).toBe(layout);
  expect(read.read.table.columns.map(({ name }) => name)).toEqual(["b", "kind"]);
});

test("other columns, an unknown category and chosen columns are for a new flow, which learns all of them", async () => {
  const other = await readForModel(settings, fileOf("a,b\n1,2\n3,4\n"), model);
  expect(other.isScored).toBe(false);
  expect(other.layout).toEqual({ columns: ["a", "b"], context: [] });
  expect((await readForModel(settings, fileOf("b,kind\n1,p\n3,z\n"), model)).isScored).toBe(false);
  const chosen = await readForModel({ ...settings, columns: ["a"] }, fileOf("a,b,kind\n1,2,p\n3,4,q\n"), model);
  expect(chosen).toMatchObject({ isScored: false, layout: { columns: ["a"] } });
  expect((await readForModel(settings, fileOf("b\n1\n2\n"), undefined)).isScored).toBe(false);
});
