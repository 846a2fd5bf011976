import { contextVector, layoutFromJson, layoutToJson, tableRows } from "@pushforward/tables/extend";
import { createKey, toyDataset } from "pushforward";
import { expect, test } from "vitest";
import { PageError } from "../../shared/page-error.ts";
import { parseSettings, type Settings } from "../../shared/settings.ts";
import { chooseLayout, readData } from "./read-data.ts";
import { holdOutRows, trainerData } from "./trainer-data.ts";

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
  ["", /^data\.csv is empty\. Choose a CSV file with the names of its columns in the first line\.$/],
  ["a,b\n", /rows/],
  ["name\nada\nemmy\n", /expected a column of numbers, got only text in “name”/],
  ["a,b\n1,\n2,\n", /line 2.*column "b".*leave out the rows with missing values\.$/],
  [
    "1,2\n3,4\n",
    /expected the names of columns.*Write the names of the columns into the first line, or choose its header under/,
  ],
  ["a,b\n1,2\n3,\n", /line 3.*column "b"/],
  ["a,b\n1,2\n3,x\n5,6\n7,8\n", /line 3.*column "b"/],
  ["a,a\n1,2\n", /"a"/],
])("%j is refused in a sentence", async (text, message) => {
  await expect(read(text)).rejects.toThrow(message);
});

test("a file that is not part of a link is asked for", async () => {
  await expect(readData(parseSettings("data=file"), undefined)).rejects.toThrow(/Open the file/);
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

test("numbers and categories become a context, and the layout is that of model files", async () => {
  const { table } = await readData(parseSettings("data=penguins"), undefined);
  const settings = { ...parseSettings("data=penguins"), given: ["species", "body_mass_g"], columns: ["bill_depth_mm"] };
  const layout = chooseLayout(table, settings);
  expect(layoutFromJson(layoutToJson(layout))).toEqual(layout);
  expect([...contextVector(layout, [2, 4000])]).toEqual([0, 0, 1, 4000]);
  const rows = tableRows(table, layout);
  expect(rows.x.shape).toEqual([342, 1]);
  expect(rows.context?.shape).toEqual([342, 4]);
  expect(Array.from(rows.context?.data.slice(0, 3) ?? [])).toEqual([1, 0, 0]);
  const { train, validation } = holdOutRows(table, rows, 1);
  expect([train.x.shape[0], validation.x.shape[0]]).toEqual([308, 34]);
});

test("a file in Windows-1252 is read, and its notes say so", async () => {
  const bytes = Uint8Array.from("h\u00f6he,b\n1,2\n3,5\n5,6\n", (character) => character.charCodeAt(0));
  const settings = parseSettings("data=file");
  const found = await readData(settings, new File([bytes], "hills.csv"));
  const notes = (from: typeof found) => trainerData(from, chooseLayout(from.table, settings), settings, undefined);
  expect(found.table.columns.map(({ name }) => name)).toEqual(["h\u00f6he", "b"]);
  expect(notes(found).info.notes).toEqual(["hills.csv is not UTF-8, and was read as Windows-1252."]);
  expect(notes(await read("a,b\n1,2\n3,5\n5,6\n")).info.notes).toEqual([]);
});

test("a file is read as the visitor says", async () => {
  const data = await read("1,2\n3,-9\n5,6\n", "t.csv", { header: "none", na: ["-9"], dropMissing: true });
  expect(data.columns.map(({ name }) => name)).toEqual(["column1", "column2"]);
  expect([data.table.rows, data.dropped]).toEqual([2, 1]);
  const years = await read("1990,1991\n1,2\n3,4\n5,6\n", "t.csv", { header: "names" });
  expect(years.columns.map(({ name }) => name)).toEqual(["1990", "1991"]);
  const bytes = Uint8Array.of(...new TextEncoder().encode("a,b\n1,2\n3,4\n"), 0xe9);
  const settings = { ...parseSettings("data=file"), encoding: "utf-8" } as const;
  await expect(readData(settings, new File([bytes], "t.csv"))).rejects.toThrow(/line 4: expected UTF-8/);
  expect((await problem("1,2\n3,4\n")).remedy).toEqual({ kind: "no-names" });
});

test("three rows are the fewest", async () => {
  const rowsOf = async (text: string) => {
    const { table } = await read(text);
    return { table, rows: tableRows(table, chooseLayout(table, parseSettings("data=file"))) };
  };
  const three = await rowsOf("a\n1\n2\n3\n");
  expect(holdOutRows(three.table, three.rows, 0).train.x.shape).toEqual([2, 1]);
  const two = await rowsOf("a\n1\n2\n");
  expect(() => holdOutRows(two.table, two.rows, 0)).toThrow(/at least 3 rows/);
});

test("conditioning on everything leaves nothing to model", async () => {
  const { table } = await read("a,b\n1,2\n3,4\n5,6\n");
  const settings = { ...parseSettings("data=file"), given: ["a", "b"] };
  expect(() => chooseLayout(table, settings)).toThrow(/at least one column of numbers to learn/);
});

/** What a button can do about a file, and what the page says. */
async function problem(text: string, settings: Partial<Settings> = {}): Promise<PageError> {
  const error: unknown = await read(text, "data.csv", settings).then(
    () => undefined,
    (reason: unknown) => reason,
  );
  if (!(error instanceof PageError)) throw new Error(`expected a PageError, got ${String(error)}`);
  return error;
}

test("an error of a file has the button that cures it", async () => {
  expect((await problem("a,b\n1,2\n3,\n5,6\n")).remedy).toEqual({ kind: "drop-missing" });
  const text = "a,b,c\n1,2,3\n3,x,4\n5,6,7\n7,8,9\n";
  const typo = await problem(text, { given: ["c"] });
  expect(typo.remedy).toEqual({ kind: "leave-out", column: "b", columns: ["a"], given: ["c"] });
  expect(typo.message).toMatch(/expected a number, got "x"\. Correct the file, or leave the column out\.$/);
  // Pressing it reads the file.
  const cured = await read(text, "data.csv", { columns: ["a"], given: ["c"] });
  expect(cured.table.columns.map(({ name }) => name)).toEqual(["a", "c"]);
  // Nothing else is left to learn, or there is nothing to leave out.
  expect((await problem("b\n1\nx\n2\n3\n")).remedy).toBeUndefined();
  expect((await problem("")).remedy).toBeUndefined();
  expect((await problem("a,b\n,2\n,3\n", { dropMissing: true, columns: ["a"] })).message).toMatch(
    /every row has a missing/,
  );
});

test("no error of a file speaks of options of the library", async () => {
  const texts = [
    "",
    "a\n",
    "a,b\n1,2\n3,\n",
    "a,b\n1,2\n3,x\n5,6\n",
    "a,b\n1,2\n3,1e999\n",
    "1,2\n3,4\n",
    "name\nada\n",
  ];
  for (const text of texts) {
    const { message } = await problem(text);
    expect(message).not.toMatch(/\w+: (?:"\w+"|false|true)\)/);
    expect(message).toMatch(/^data\.csv/);
  }
});

test("a link to a file names the columns that it is for, and a file without them is said", async () => {
  const settings = { ...parseSettings("data=file"), columns: ["a"], given: ["year"] };
  await expect(readData(settings, undefined)).rejects.toThrow(
    /uses the columns a\. Given columns: year\. Open the file/,
  );
  await expect(readData(settings, undefined)).rejects.toMatchObject({ remedy: { kind: "open-file" } });
  const { absent, table } = await read("a,b\n1,2\n3,4\n5,6\n", "data.csv", { columns: ["a"], given: ["year"] });
  expect(absent).toEqual(["year"]);
  expect(table.columns.map(({ name }) => name)).toEqual(["a"]);
});
