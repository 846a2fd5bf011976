import { createKey, tableSchemaFromJson, tableSchemaToJson, toyDataset } from "pushforward";
import { expect, test } from "vitest";
import { parseSettings, type Settings } from "../shared/settings.ts";
import { readData } from "./read-data.ts";
import { chooseSchema, contextVector, holdOut, tableRows } from "./table-rows.ts";

function read(text: string, name = "data.csv", settings: Partial<Settings> = {}): ReturnType<typeof readData> {
  return readData({ ...parseSettings("data=file"), ...settings }, new File([text], name));
}

test("a toy set follows the seed", async () => {
  const { table, entropy, ranges } = await readData(parseSettings("data=pinwheel&rows=100&seed=3"), undefined);
  const expected = toyDataset("pinwheel").sample(createKey(3).fold("data"), 100);
  expect(table.columns[1]?.values[7]).toBe(expected.data[15]);
  expect(entropy).toBe(toyDataset("pinwheel").entropy);
  expect(ranges).toHaveLength(2);
});

test.each([
  ["", /^data\.csv: expected a table, got an empty file\.$/],
  ["a,b\n", /rows/],
  ["name\nada\nemmy\n", /expected a column of numbers, got only text in "name"/],
  ["a,b\n1,2\n3,\n", /line 3.*column "b"/],
  ["a,b\n1,2\n3,x\n5,6\n7,8\n", /line 3.*column "b"/],
  ["a,a\n1,2\n", /"a"/],
])("%j is refused in a sentence", async (text, message) => {
  await expect(read(text)).rejects.toThrow(message);
});

test("a file that is not part of a link is asked for", async () => {
  await expect(readData(parseSettings("data=file"), undefined)).rejects.toThrow(/Choose the file/);
});

test("only chosen columns are read, and rows with missing values are left out when that is wanted", async () => {
  const text = "a,b,c,name\n1,2,,x\n3,4,5,y\n5,,7,z\n";
  const { table, columns } = await read(text, "t.csv", { columns: ["a"], given: ["name"] });
  expect(table.columns.map(({ name }) => name)).toEqual(["a", "name"]);
  expect(table.rows).toBe(3);
  expect(columns.map(({ kind }) => kind)).toEqual(["number", "number", "number", "text"]);
  const dropped = await read(text, "t.csv", { dropMissing: true });
  expect(dropped.table.rows).toBe(1);
  expect(dropped.dropped).toBe(2);
});

test("numbers and categories become a context, and the schema is that of model files", async () => {
  const { table } = await readData(parseSettings("data=penguins"), undefined);
  const settings = { ...parseSettings("data=penguins"), given: ["species", "body_mass_g"], columns: ["bill_depth_mm"] };
  const schema = chooseSchema(table, settings);
  expect(tableSchemaFromJson(tableSchemaToJson(schema))).toEqual(schema);
  expect([...contextVector(schema, [2, 4000])]).toEqual([0, 0, 1, 4000]);
  const rows = tableRows(table, schema);
  expect(rows.x.shape).toEqual([342, 1]);
  expect(rows.context?.shape).toEqual([342, 4]);
  expect(Array.from(rows.context?.data.slice(0, 3) ?? [])).toEqual([1, 0, 0]);
  const { train, validation } = holdOut(rows, 1);
  expect([train.x.shape[0], validation.x.shape[0]]).toEqual([308, 34]);
});

test("three rows are the fewest", async () => {
  const rowsOf = async (text: string) => {
    const { table } = await read(text);
    return tableRows(table, chooseSchema(table, parseSettings("data=file")));
  };
  const three = await rowsOf("a\n1\n2\n3\n");
  expect(holdOut(three, 0).train.x.shape).toEqual([2, 1]);
  expect(() => holdOut({ x: { shape: [2, 1], data: new Float64Array(2) } }, 0)).toThrow(/at least 3 rows/);
});

test("conditioning on everything leaves nothing to model", async () => {
  const { table } = await read("a,b\n1,2\n3,4\n5,6\n");
  const settings = { ...parseSettings("data=file"), given: ["a", "b"] };
  expect(() => chooseSchema(table, settings)).toThrow(/at least one column of numbers to model/);
});
