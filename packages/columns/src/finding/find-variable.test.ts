import { parseCsv, type Table } from "@pushforward/datasets";
import { expect, test } from "vitest";
import { cpuSecondsOf } from "../../../testing/test/cpu-seconds-of.ts";
import { DEEP } from "../../../testing/test/deep.ts";
import { parseDeclarations } from "../declarations/column-types.ts";
import { readVariables, writeVariables } from "../variables/read-variables.ts";
import { type FoundVariables, findVariables } from "./find-variable.ts";

function column(values: readonly string[], name = "x"): Table {
  return { rows: values.length, columns: [{ name, kind: "text", values }] };
}

function find(values: readonly string[], name = "x"): FoundVariables {
  return findVariables(column(values, name));
}

/** Values that repeat, so that texts are categories. */
const repeat = (...values: string[]): string[] => Array.from({ length: 10 }, () => values).flat();

const declare = (values: readonly string[], text: string): FoundVariables =>
  findVariables(column(values), { declared: parseDeclarations(text) });

test.each([
  ["real", ["1.5", "2.25", "-3"]],
  ["real", ["1e-5", "3", ".5"]],
  ["integer", ["1", "7", "-3"]],
  ["integer", ["1.0", "7.0", "3.0"]],
  ["integer", ["1e5", "3", "4"]],
  ["integer", repeat("0", "1")],
  ["boolean", ["TRUE", "FALSE", "TRUE"]],
  ["boolean", ["yes", "no"]],
  ["boolean", ["true", "true"]],
  ["category", repeat("a", "b", "c")],
  ["category", ["yes", "yes"]],
  ["category", repeat("yes", "no", "perhaps")],
  ["category", repeat("01", "02", "10")],
  ["date", ["2020-01-31", "2020-02-01"]],
  ["date", ["31.12.2020", "1.1.2021"]],
  ["date", ["12:30", "23:59"]],
  ["date", ["2020-01-31T10:00:00+01:00", "2020-07-31T10:00:00+02:00"]],
  ["id", ["A1", "A2", "A3", "B7"]],
  ["id", ["12345678901234567890", "12345678901234567891"]],
  ["text", ["Ann Lee", "Bob Dole", "Cy Twombly"]],
  ["category", ["", "", ""]],
] as const)("a column is %s: %j", (kind, values) => {
  expect(find(values).variables[0]?.kind).toBe(kind);
});

test("prose is text, though some of it repeats", () => {
  const values = Array.from(
    { length: 40 },
    (_, i) => `${"The weather was fine and we walked on and on. ".repeat(2)}${i % 20}`,
  );
  expect(find(values).variables[0]?.kind).toBe("text");
});

test("numbers of rows are ids, times that count are not", () => {
  const count = Array.from({ length: 20 }, (_, i) => String(i + 1));
  expect(find(count, "rownames").variables[0]?.kind).toBe("id");
  expect(find(count, "patient_id").variables[0]?.kind).toBe("id");
  expect(find(count, "animal").variables[0]?.kind).toBe("id");
  expect(find(count, "animal").notes).toHaveLength(1);
  expect(find(count, "year").variables[0]?.kind).toBe("integer");
  expect(find([...count].reverse(), "score").variables[0]?.kind).toBe("integer");
  expect(find(repeat("1", "2"), "id").variables[0]?.kind).toBe("integer");
});

test("integers that would repeat by chance, but do not, are ids", () => {
  // 150 of the numbers from 0 to 226, in no order.
  const codes = Array.from({ length: 150 }, (_, i) => (61 * i) % 227);
  const kindOf = (values: readonly number[], name = "code"): string | undefined =>
    find(values.map(String), name).variables[0]?.kind;
  expect(kindOf(codes)).toBe("id");
  expect(find(codes.map(String), "code").notes).toEqual([
    {
      column: "code",
      text: "It identifies the rows (its integers never repeat), and is not learned. Declare it as integer to learn it.",
    },
  ]);
  // A repetition, a wide range, few rows, a permutation, a time, a rank, years, and real numbers.
  expect(kindOf([...codes, codes[0] as number])).toBe("integer");
  expect(kindOf(codes.map((code) => 10 * code))).toBe("integer");
  expect(kindOf(codes.slice(0, 90))).toBe("integer");
  // Consecutive integers in random order, as customers have, and in the order of the rows.
  expect(kindOf(Array.from({ length: 150 }, (_, i) => 500 + ((61 * i) % 150)))).toBe("id");
  expect(kindOf(Array.from({ length: 150 }, (_, i) => 500 + i))).toBe("integer");
  expect(kindOf(codes, "minute")).toBe("integer");
  expect(kindOf(codes, "prev_rank")).toBe("integer");
  expect(kindOf(codes.map((code) => 1800 + code))).toBe("integer");
  expect(kindOf(codes.map((code) => code + 0.5))).toBe("real");
});

test("columns of numbers are taken as they are", () => {
  const values = Float64Array.of(0.5, Number.NaN, -0, 2);
  const { variables, table } = findVariables({ rows: 4, columns: [{ name: "x", kind: "number", values }] });
  expect(variables[0]).toMatchObject({ kind: "real", missingRows: 1, distinct: 3, min: 0, max: 2 });
  expect(table.columns[0]?.values).toEqual(Float64Array.of(0.5, Number.NaN, 0, 2));
});

test("milliseconds since 1970 are noted", () => {
  const times = Array.from({ length: 30 }, (_, i) => String(1_700_000_000_000 + 86_400_123 * i));
  const { variables, notes } = find(times);
  expect(variables[0]?.kind).toBe("integer");
  expect(notes).toEqual([
    {
      column: "x",
      text: expect.stringMatching(/^These integers look like milliseconds since 1970, 2023-11-14 to 2023-12-13\./),
    },
  ]);
  expect(find(times.map((time) => time.slice(0, 10))).notes).toEqual([]);
});

test("grids are found where numbers repeat", () => {
  const tenths = Array.from({ length: 100 }, (_, i) => ((i * 7) % 23) / 10);
  expect(find(tenths.map(String)).variables[0]).toMatchObject({ kind: "real", step: 0.1 });
  expect(find(tenths.map((value) => String(Math.round(value * 1000)))).variables[0]).toMatchObject({ step: 100 });
  // With an offset, and decimals of which all but the first are the same.
  expect(find(tenths.map((value) => String(Math.round(value * 50) + 3))).variables[0]).toMatchObject({ step: 5 });
  expect(find(tenths.map((value) => (Math.round(value * 10) + 0.7).toFixed(1))).variables[0]).toMatchObject({
    step: 1,
  });
  // Ten even numbers may be chance: an odd one would have no probability.
  expect(find(tenths.map((_, i) => String(2 * (i % 10)))).variables[0]).toMatchObject({ step: 1 });
  expect(find(["0.1", "0.2", "0.5"]).variables[0]?.step).toBeUndefined();
  expect(find(["100", "200"]).variables[0]?.step).toBe(1);
  // Of this grid almost no point occurs, but the numbers repeat: each of them needs a mass.
  const thirds = Array.from({ length: 100 }, (_, i) => ((i % 30) / 3).toFixed(6));
  expect(find(thirds).variables[0]?.step).toBe(1e-6);
  const once = Array.from({ length: 100 }, (_, i) => (i / 7).toFixed(6));
  expect(find(once).variables[0]?.step).toBeUndefined();
  // Numbers that repeat by rounding alone have no grid, nor have numbers with more digits than a grid can separate.
  const rounded = Array.from({ length: 300 }, (_, i) => (((i * 7919) % 30_011) / 30_011).toFixed(3));
  expect(find(rounded).variables[0]?.step).toBeUndefined();
  // Neighbors are seven points apart, so that rounding alone makes few of them equal; nearly all of them occur twice.
  const amounts = Array.from({ length: 410 }, (_, i) => ((i % 210) * 0.07 + (i % 3) * 0.01).toFixed(2));
  expect(find(amounts).variables[0]?.step).toBe(0.01);
  expect(find(thirds.map((text) => String(Number(text) / 7))).variables[0]?.step).toBeUndefined();
});

test.each([
  [["$1,200.50", "$3.25"], { prefix: "$", thousands: ",", decimals: 2 }, [1200.5, 3.25]],
  [["1,5", "0,25"], { decimal: ",", decimals: 2 }, [1.5, 0.25]],
  [["1.234,5", "1.000.000,25"], { decimal: ",", thousands: "." }, [1234.5, 1000000.25]],
  [["12 %", "-3 %"], { suffix: " %" }, [12, -3]],
  [["1 234", "1 234 567"], { thousands: " " }, [1234, 1234567]],
  [["1,234", "56,789", "999"], { thousands: "," }, [1234, 56789, 999]],
  [["1,234", "1500"], { decimal: "," }, [1.234, 1500]],
  [["0,123", "1,234"], { decimal: "," }, [0.123, 1.234]],
  [["($1,200.50)", "$3.25", "$0.00"], { prefix: "$", thousands: ",", negative: "parentheses" }, [-1200.5, 3.25, 0]],
  [["CHF 3.50", "CHF 12.00"], { prefix: "CHF ", decimals: 2, padded: true }, [3.5, 12]],
] as const)("numbers of the form %j are found and said", (values, format, numbers) => {
  const { variables, table, notes } = find(values);
  expect(variables[0]?.numberFormat).toMatchObject(format);
  expect([...(table.columns[0]?.values ?? [])]).toEqual(numbers);
  expect(notes).toHaveLength(1);
});

test.each([
  [["12 km", "3 km"], " km", [12, 3]],
  [["3,5 kg", "12,25 kg"], " kg", [3.5, 12.25]],
  [["1,200 cases", "3 cases"], " cases", [1200, 3]],
  [["5m²", "12m²"], "m²", [5, 12]],
  [["-3 °C", "21.5 °C"], " °C", [-3, 21.5]],
  [["90km/h", "?", "120km/h"], "km/h", [90, Number.NaN, 120]],
  [["4 Zylinder", "6 Zylinder"], " Zylinder", [4, 6]],
])("numbers with the same unit are numbers: %j", (values, suffix, numbers) => {
  const found = find(values);
  expect(found.variables[0]?.numberFormat?.suffix).toBe(suffix);
  expect([...(found.table.columns[0]?.values ?? [])]).toEqual(numbers);
  expect(found.notes[0]?.text).toContain(`${JSON.stringify(suffix.trim())} after them`);
  expect(writeVariables(found).columns[0]?.values).toEqual(values);
  expect(readVariables(column(values), found.variables).table.columns).toEqual(found.table.columns);
});

test("numbers with different units are text, which is said", () => {
  expect(find(repeat("12 km", "500 m", "?")).variables[0]?.kind).toBe("category");
  expect(find(repeat("12 km", "500 m", "?")).notes[0]?.text).toBe(
    'Numbers have different units ("km", "m"). The column is read as text; write them in one unit to learn numbers.',
  );
  expect(find(repeat("12 km", "0")).notes[0]?.text).toContain('different units ("km" or none)');
});

test.each([
  [["12A", "14A"]],
  [["12W", "30W"]],
  [["1st", "2nd", "3rd"]],
  [["12B", "14B"]],
  [["A 12", "A 14"]],
  [["3x4", "5x6"]],
  [["12 May 2020", "13 May 2020"]],
])("%j are no numbers with a unit", (values) => {
  const { variables } = find(values);
  expect(variables[0]?.numberFormat).toBeUndefined();
});

test("limits among numbers are told, however many there are", () => {
  const half = find(repeat("<0.05", "0.1", "0.2", "> 100", "NA"));
  expect(half.variables[0]?.kind).toBe("category");
  expect(half.notes[0]?.text).toBe(
    '"<0.05", "> 100" (20 rows) are limits, not numbers. The column is read as text; to learn its numbers, declare them missing, or write a number for them.',
  );
  expect(find(repeat("low", "0.1", "<0.05")).notes).toEqual([]);
});

test("a comma that could be both is said, and other columns decide", () => {
  const texts = ["1,234", "5,678"];
  const alone = find(texts);
  expect(alone.notes[0]?.text).toBe(
    'Numbers have commas between thousands. "1,234" could also be a fraction; declare the column as real to read it so.',
  );
  expect(declare(texts, "x:real").table.columns[0]?.values).toEqual(Float64Array.of(1.234, 5.678));
  expect(declare(texts, "x:integer").table.columns[0]?.values).toEqual(Float64Array.of(1234, 5678));
  expect(declare(texts, "x:real").notes[0]?.text).toBe("Numbers have decimal commas.");
  const both = findVariables({
    rows: 2,
    columns: [...column(texts, "a").columns, ...column(["1,5", "2,5"], "b").columns],
  });
  expect(both.variables.map(({ numberFormat }) => numberFormat?.decimal)).toEqual([",", ","]);
});

test.each([
  [["1", "2.5", "-Infinity"], undefined],
  [["1", "1e400", "2"], undefined],
  [["3", "inf"], "x:integer"],
  [["2020-01-01", "inf"], undefined],
  [["90", "+inf"], "x:circular(360)"],
])("infinity among numbers or dates is refused with its row: %j", (values, declared) => {
  const declarations = declared === undefined ? undefined : parseDeclarations(declared);
  const row = values.findIndex((text) => /inf|e400/i.test(text)) + 1;
  const expected = new RegExp(`row ${row}, column "x": expected a (finite )?number|row ${row}, column "x": expected a`);
  expect(() => findVariables(column(values), { declared: declarations })).toThrow(expected);
  expect(() => readVariables(column(values), find(["1", "2", "4"]).variables)).toThrow(/row \d, column "x": expected/);
});

test("infinity among words is a word", () => {
  expect(find(["low", "inf", "low", "inf", "low"]).variables[0]).toMatchObject({ kind: "category", missingRows: 0 });
});

test("what stands among numbers and means nothing is missing, and said", () => {
  const { variables, table, notes } = find(["1", "?", "3", "?", "-", ""]);
  expect(variables[0]).toMatchObject({ kind: "integer", missingRows: 4, missing: ["?", "", "-"], rows: 6 });
  expect(table.columns[0]?.values).toEqual(Float64Array.of(1, Number.NaN, 3, ...Array(3).fill(Number.NaN)));
  expect(notes).toEqual([{ column: "x", text: '"?", "-" are taken as missing (3 rows).' }]);
  expect(find(["2020-01-01", "0000-00-00"]).variables[0]).toMatchObject({ kind: "date", missingRows: 1 });
  expect(find(["1", "2", "(null)"]).notes[0]?.text).toBe('"(null)" is taken as missing (1 row).');
  // A word that may mean something, and −99, are not taken.
  expect(find(["1", "2", "refused"]).variables[0]?.kind).not.toBe("integer");
  expect(find(["1", "2", "-99"]).variables[0]).toMatchObject({ missingRows: 0, min: -99 });
});

test("booleans have gaps, words with signs are named", () => {
  const flags = find(repeat("yes", "no", "?", "unknown", ""));
  expect(flags.variables[0]).toMatchObject({ kind: "boolean", words: ["no", "yes"], distinct: 2, missingRows: 30 });
  expect(flags.table.columns[0]).toMatchObject({ values: repeat("yes", "no", "?", "unknown", "") });
  expect(flags.notes[0]?.text).toBe('"?", "unknown" are taken as missing (20 rows).');
  const words = find(repeat("a", "b", "?"));
  expect(words.variables[0]).toMatchObject({ kind: "category", distinct: 3, missingRows: 0 });
  expect(words.notes[0]?.text).toBe(
    '"?" (10 rows) is read as an ordinary value. Declare it if it marks missing values.',
  );
  expect(find(repeat("none", "some")).notes).toEqual([]);
});

test("a few values of another type are named", () => {
  const values = [...Array.from({ length: 19 }, (_, i) => `${i}.5`), "<0.05"];
  expect(find(values).notes).toEqual([
    {
      column: "x",
      text: '"<0.05" (1 row) is a limit, not a number. The column is read as text; to learn its numbers, declare it missing, or write a number for it.',
    },
  ]);
  expect(find(["2020-01-01", "2020-01-02", "2020-01-03", "2020-01-04", "soon"]).notes[0]?.text).toBe(
    '80 % of the values are dates (%Y-%m-%d), but not "soon" in row 5. The column is read as text.',
  );
});

test("the order of day and month is decided by the values, or not at all", () => {
  expect(find(["12/31/2020", "01/02/2020"]).variables[0]?.format).toBe("%m/%d/%Y");
  expect(find(["31/12/2020", "01/02/2020"]).variables[0]?.format).toBe("%d/%m/%Y");
  expect(find(["1/5/2020", "12/31/2020"]).variables[0]?.format).toBe("%-m/%-d/%Y");
  const open = find(repeat("01/02/2020", "03/04/2020"));
  expect(open.variables[0]?.kind).toBe("category");
  expect(open.notes[0]?.text).toBe(
    "The dates could be %d/%m/%Y or %m/%d/%Y. The column is read as text; declare date(%d/%m/%Y) or date(%m/%d/%Y) instead.",
  );
  expect(declare(["01/02/2020"], "x:date(%m/%d/%Y)").variables[0]?.min).toBe(Date.parse("2020-01-02") / 1000);
  expect(() => declare(["01/02/2020", "03/04/2020"], "x:date")).toThrow(
    'declare: the dates of column "x" could be %d/%m/%Y or %m/%d/%Y. Declare x:date(%d/%m/%Y) or x:date(%m/%d/%Y).',
  );
});

test("digits are dates where the name says so or they are declared", () => {
  const values = ["20201231", "20210101"];
  expect(find(values, "date").variables[0]).toMatchObject({ kind: "date", format: "%Y%m%d" });
  expect(find(values).variables[0]?.kind).toBe("integer");
  expect(declare(values, "x:date").variables[0]?.kind).toBe("date");
  expect(declare(["1600000000"], "x:date(epoch)").variables[0]).toMatchObject({ format: "%s", min: 1.6e9 });
  expect(declare(["1600000000000"], "x:date(epoch ms)").variables[0]).toMatchObject({ format: "%Q", min: 1.6e9 });
});

test("seasons, versions and rates are no dates", () => {
  expect(find(["2020-01-01", "2020-01-02 10:00"]).notes).toEqual([]);
  expect(find(["(1)", "(2)"]).variables[0]?.kind).not.toBe("integer");
  expect(find(["1 (low)", "2"]).variables[0]?.kind).not.toBe("integer");
  for (const values of [
    ["1998-99", "1999-00"],
    ["2001-02", "2002-03", "2003-04"],
    ["1.10.12", "1.2.3"],
    ["3/4", "1/2"],
  ]) {
    expect(find(values).variables[0]?.kind).not.toBe("date");
  }
  expect(find(["2001-02", "2001-03"]).variables[0]?.format).toBe("%Y-%m");
});

test("years 0 and 9999 are dates", () => {
  expect(find(["0000-01-01", "9999-12-31"]).variables[0]).toMatchObject({
    kind: "date",
    min: Date.parse("0000-01-01") / 1000,
    max: Date.parse("9999-12-31") / 1000,
  });
});

test("declarations override what is found", () => {
  const zip = repeat("12345", "10115");
  expect(declare(zip, "x:category").variables[0]).toMatchObject({ kind: "category", distinct: 2 });
  expect(declare(zip, "x:category").table.columns[0]?.kind).toBe("text");
  expect(declare(zip, "x:real").variables[0]?.kind).toBe("real");
  expect(declare(zip, "x:boolean").variables[0]?.words).toEqual(["10115", "12345"]);
  expect(declare(["007", "012"], "x:integer").variables[0]?.numberFormat?.digits).toBe(3);
  expect(declare(["", ""], "x:date").variables[0]).toMatchObject({ kind: "date", distinct: 0 });
  expect(declare(["", ""], "x:integer").variables[0]).toMatchObject({ kind: "integer", distinct: 0 });
});

test.each([
  [["1", "abc", "x"], "x:integer", 'row 2, column "x": expected an integer, got "abc".'],
  [["1", "2.5"], "x:integer", 'row 2, column "x": expected an integer, got "2.5".'],
  [["1", "2", "9007199254740993"], "x:integer", 'row 3, column "x": expected an integer, got "9007199254740993".'],
  [["abc"], "x:real", 'row 1, column "x": expected a number, got "abc".'],
  [["2020-01-01", "?", "later"], "x:date", 'row 3, column "x": expected a date (%Y-%m-%d), got "later".'],
  [["a", "b", "c"], "x:boolean", 'row 3, column "x": expected a boolean (a, b), got "c".'],
])("a value of %j that does not fit %j is refused with its row", (values, text, message) => {
  expect(() => declare(values, text)).toThrow(message);
});

test("a column that is declared has to exist, and a format to be one", () => {
  expect(() => declare(["1"], "y:integer")).toThrow('declare: expected a column "y", got the columns "x".');
  expect(() => declare(["1"], "x:date(year)")).toThrow(
    'declare: expected a format of dates like %d.%m.%Y for column "x", got "year".',
  );
});

test("tables of odd sizes", () => {
  expect(find([]).variables[0]).toMatchObject({ kind: "category", rows: 0 });
  expect(find(["a"]).variables[0]?.kind).toBe("category");
  expect(findVariables({ rows: 0, columns: [] }).variables).toEqual([]);
  const wide = parseCsv(
    `${Array.from({ length: 5000 }, (_, j) => `c${j}`).join()}\n${"1,".repeat(4999)}1\n${"2,".repeat(4999)}x\n`,
    { kinds: "text", missing: "keep" },
  );
  expect(findVariables(wide).variables).toHaveLength(5000);
});

test("names of objects are categories like others", () => {
  const { variables, table } = find(repeat("__proto__", "constructor", "toString"), "__proto__");
  expect(variables[0]).toMatchObject({ name: "__proto__", kind: "category", distinct: 3 });
  expect(table.columns[0]?.values[0]).toBe("__proto__");
});

test.runIf(DEEP)("a million different texts take seconds", async () => {
  const values = Array.from({ length: 1_000_000 }, (_, i) => `s${i * 7919}`);
  const seconds = await cpuSecondsOf(() =>
    expect(find(values).variables[0]).toMatchObject({ kind: "id", distinct: 1_000_000 }),
  );
  expect(seconds).toBeLessThan(20);
});

test("the words of a quoted file are values, its empty cells are missing", () => {
  const csv = '"country","n"\n"NA","1"\n"DE",""\n"NA","3"\n"DE","4"\n"","5"\n';
  const { variables, table } = findVariables(parseCsv(csv, { kinds: "text", missing: "keep" }));
  expect(variables).toMatchObject([
    { kind: "category", distinct: 2, missingRows: 1 },
    { kind: "integer", missingRows: 1 },
  ]);
  expect(table.columns[0]?.values).toEqual(["NA", "DE", "NA", "DE", ""]);
});

test("the caller may say what separates decimals", () => {
  const open = parseCsv('x\n"1,500"\n"2,250"\n', { kinds: "text", missing: "keep" });
  expect(findVariables(open, { decimal: "," }).variables[0]).toMatchObject({ min: 1.5, max: 2.25 });
  expect(findVariables(open, { decimal: "." }).variables[0]).toMatchObject({ min: 1500, max: 2250 });
  expect(findVariables(open, { decimal: "." }).notes.map(({ text }) => text)).toEqual([
    "Numbers have commas between thousands.",
  ]);
});
