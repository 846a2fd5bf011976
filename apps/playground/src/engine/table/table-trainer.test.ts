import { variablesToJson } from "@pushforward/columns/extend";
import { layoutToJson } from "@pushforward/tables/extend";
import {
  createKey,
  decodeModel,
  encodeModel,
  findVariables,
  fitNormalMixture,
  maf,
  parseCsv,
  standardRegistry,
  useBackend,
} from "pushforward";
import { beforeAll, describe, expect, test } from "vitest";
import { DEEP } from "../../../../../packages/testing/test/deep.ts";
import { mixedCsv } from "../../../test/mixed-csv.ts";
import { parseSettings, type Settings } from "../../shared/settings.ts";
import type { TableEvent, TableInfo, TableModelInfo, TableProgress } from "../../shared/table-protocol.ts";
import { type AskedModel, type AskSource, askSource } from "../ask/ask-source.ts";
import { Asker } from "../ask/asker.ts";
import { decodedModel, openedModel } from "../opened-model.ts";
import { TableTrainer } from "./table-trainer.ts";

const FILE = new File([mixedCsv()], "fish.csv");
const settings = (change: Partial<Settings> = {}): Settings => ({
  ...parseSettings("data=file&members=1&epochs=8"),
  ...change,
});

beforeAll(() => useBackend("wasm"));

/** A trainer, and what it has told. */
class Watched {
  readonly events: TableEvent[] = [];
  readonly trainer = new TableTrainer((event) => this.events.push(event));

  get progress(): TableProgress[] {
    return this.events.flatMap((event) => (event.type === "table-progress" ? [event.progress] : []));
  }

  get model(): TableModelInfo {
    return this.events.flatMap((event) => (event.type === "table-model" ? [event.model] : [])).at(-1) as TableModelInfo;
  }

  async load(change: Partial<Settings> = {}, file = FILE): Promise<TableInfo> {
    return (await this.trainer.load(settings(change), file)) as TableInfo;
  }
}

describe("what a table becomes", () => {
  test("each column has its kind, and notes where cells are not taken as they stand", async () => {
    const { name, rows, columns, preview } = await new Watched().load();
    expect([name, rows]).toEqual(["fish.csv", 400]);
    expect(columns.map(({ kind, use }) => `${kind} ${use}`)).toEqual([
      ...["id kept", "date learned", "category learned", "real learned", "boolean learned"],
      ...["integer learned", "integer learned", "integer follows"],
    ]);
    expect(columns[2]?.detail).toBe("3 categories");
    expect(columns[3]?.detail).toMatch(/^-?\d.* to \d.*, 44 missing \(11 %\)$/);
    expect(columns[7]?.follows).toBe("net + tax");
    expect(columns.flatMap(({ notes }) => notes).join()).toMatch(/\?/);
    expect(preview.columns).not.toContain("name");
    expect(preview.rows).toHaveLength(8);
    expect(preview.rows[0]).toEqual(["01.03.2021", "reef", expect.any(String), "yes", "100", "0", "100"]);
  });

  test("a kind is changed, a column left out, and the commands say so", async () => {
    const watched = new Watched();
    const kinds = [["net", "category"]] as const;
    const info = await watched.load({ kinds, columns: ["group", "net"], members: 2 });
    expect(info.columns[5]).toMatchObject({ kind: "category", use: "learned", isDeclared: true });
    expect(info.columns[3]).toMatchObject({ use: "left" });
    expect(info.command).toBe(
      "pushforward fit fish.csv --out model.safetensors --flow table --declare net:category --columns group,net --members 2 --epochs 8 --seed 0 --threads 1",
    );
    expect(info.code).toContain('parseDeclarations("net:category")');
    // Of another file neither means anything.
    const other = await watched.load(
      { kinds, columns: ["group"] },
      new File(["a,b\nx,1\ny,2\nx,3\ny,4\nx,5\n"], "other.csv"),
    );
    expect(other.notes).toEqual(["other.csv has no column “group”, “net”, which the settings name."]);
  });

  test("a kind that does not fit is an error with its row, and the table stays as it was", async () => {
    const watched = new Watched();
    await watched.load();
    await expect(watched.load({ kinds: [["group", "integer"]] })).rejects.toThrow(
      /fish\.csv.*row 1.*column "group".*expected an integer, got "reef"/,
    );
    expect((await watched.trainer.marginals([0])).length).toBe(1);
  });

  test("a file in Windows-1252 is read, and its notes say so", async () => {
    const rows = ["caf\u00e9,1", "bar,2", "caf\u00e9,2", "bar,1"];
    const bytes = Uint8Array.from(`place,n\n${rows.join("\n")}\n`, (character) => character.charCodeAt(0));
    const { notes, preview } = await new Watched().load({}, new File([bytes], "places.csv"));
    expect(notes).toEqual(["places.csv is not UTF-8, and was read as Windows-1252."]);
    expect(preview.rows[0]).toEqual(["caf\u00e9", "1"]);
  });

  test("how the file is read is told, and the visitor may say otherwise", async () => {
    const watched = new Watched();
    expect((await watched.load()).reading).toEqual({ encoding: "utf-8", missing: ["?"] });
    const said = await watched.load({ na: ["reef"], encoding: "windows-1252", header: "names" });
    expect(said.reading).toEqual({ encoding: "windows-1252", missing: ["reef", "?"] });
    expect(said.columns[2]?.detail).toMatch(/^2 words|2 categories|33 %/);
    expect(said.notes).toEqual([]);
    expect(said.command).toContain(" --flow table --na reef --header --encoding windows-1252 --members 1");
    const bare = new File(["a,1\nb,2\na,3\nb,4\n"], "bare.csv");
    const headless = await watched.load({ header: "none" }, bare);
    expect(headless.columns.map(({ name }) => name)).toEqual(["column1", "column2"]);
    expect(headless.rows).toBe(4);
    // What was said of a file says nothing of a table of the library.
    const library = await watched.trainer.load(
      { ...settings({ na: ["Adelie"] }), data: "penguins", way: "table" },
      FILE,
    );
    expect(library).not.toHaveProperty("reading");
    expect(library?.command).not.toContain("--na");
  });

  test("complete numbers are left to flows, unless the visitor asks", async () => {
    const numbers = new File(["a,b\n1,2\n3,4.5\n5,6\n"], "numbers.csv");
    const { trainer } = new Watched();
    expect(await trainer.load(settings(), numbers)).toBeUndefined();
    const asked = await trainer.load(settings({ way: "table" }), numbers);
    expect(asked?.command).toContain("--flow table");
  });

  test.each([
    ["a,b\n", /expected at least one row/],
    ["", /is empty/],
    ["a,b\n1,2,3\n", /expected 2 fields, got 3/],
    ["a b\n1 2\n3 4\n", /separated by a comma/],
  ])("%j is refused in a sentence", async (text, message) => {
    await expect(new Watched().load({}, new File([text], "bad.csv"))).rejects.toThrow(message);
  });
});

describe("a training", () => {
  test("is told column by column, and its model draws, is saved, opened and scores", async () => {
    const watched = new Watched();
    const rows = DEEP ? 400 : 200;
    const file = new File([mixedCsv(rows)], "fish.csv");
    await watched.load({}, file);
    await watched.trainer.train(settings(), false);
    const last = watched.progress.at(-1);
    expect(last).toMatchObject({ phase: "finished", done: 7, total: 7 });
    const columns = new Map(
      watched.progress.flatMap(({ changed }) => changed.map(([, column]) => [column.name, column])),
    );
    expect(columns.get("size")).toMatchObject({ phase: "learned" });
    // The group decides the size.
    expect(columns.get("size")?.gain).toBeGreaterThan(0.2);
    // What is told on the way is what counts at the end.
    const trace = watched.progress.flatMap(({ changed }) => changed.map(([, column]) => column));
    const seen = trace.filter(({ name, phase }) => name === "size" && phase === "training").at(-1);
    expect(Math.abs((seen?.gain ?? 0) - (columns.get("size")?.gain ?? 0))).toBeLessThan(0.3);
    const { model } = watched;
    expect((model.marginalNll ?? 0) - (model.validationNll ?? 0)).toBeGreaterThan(0.2);

    const drawn = await watched.trainer.drawRows({ count: 20, seed: 1 });
    const csv = parseCsv(await watched.trainer.rowsCsv({ count: 20, seed: 1 }), { kinds: "text", missing: "keep" });
    expect(csv.columns.map(({ name }) => name)).toEqual(drawn.columns);
    expect(csv.columns.map(({ values }) => values[3])).toEqual(drawn.rows[3]);
    for (const [when, group, , , net, tax, total] of drawn.rows) {
      expect(when).toMatch(/^\d\d\.\d\d\.2021$/);
      expect(["reef", "open sea", "__proto__"]).toContain(group);
      expect(Number(net) + Number(tax)).toBe(Number(total));
    }

    const bytes = watched.trainer.save();
    const reader = new Watched();
    const opened = reader.trainer.open(openedModel("fish.safetensors", decodeModel(bytes, standardRegistry)));
    expect(opened.columns.map(({ use }) => use)).toContain("follows");
    expect(reader.model).toEqual({ ...model, file: "fish.safetensors" });
    expect(await reader.trainer.drawRows({ count: 20, seed: 1 })).toEqual(drawn);
    const scored = await reader.load({}, file);
    expect(scored).toMatchObject({ name: "fish.csv", rows });
    expect(reader.model.score).toMatchObject({ rows, meanLogDensity: expect.any(Number) });
    expect(reader.model.score?.odd.map(({ logDensity }) => logDensity)).toEqual(
      reader.model.score?.odd.map(({ logDensity }) => logDensity).sort((a, b) => a - b),
    );
    expect((await reader.trainer.scoresCsv()).split("\n")[0]).toMatch(/^name,.*,log_density$/);
    // Rows of other columns are data for a new model.
    const other = await reader.load({}, new File(["a,b\nx,1\ny,2\nx,3\ny,4\nx,5\n"], "other.csv"));
    expect(other.notes[0]).toBe("The model fish.safetensors is closed: other.csv is now data to learn from.");
  });

  test("a model without densities of cells is shown and scores, too", async () => {
    const { trainer, ...watched } = new Watched();
    using flow = maf({ features: 2, transforms: 1, hidden: [4], key: createKey(0) });
    const metadata = { table: layoutToJson({ columns: ["a", "b"], context: [], integers: ["b"] }) };
    const file = encodeModel(flow, standardRegistry, { metadata });
    const info = trainer.open(openedModel("two.safetensors", decodeModel(file, standardRegistry)));
    expect(info.columns.map(({ name, use }) => [name, use])).toEqual([
      ["a", "learned"],
      ["b", "learned"],
    ]);
    const { rows } = await trainer.drawRows({ count: 3, seed: 0 });
    expect(rows.map(([, b]) => Number(b)).every(Number.isInteger)).toBe(true);
    expect(trainer.asked()?.samples?.rows).toBeGreaterThan(1000);
    await trainer.load(settings(), new File(["a,b\n1,2\n3,4.5\n5,60\n"], "numbers.csv"));
    const scored = watched.events.flatMap((event) => (event.type === "table-model" ? [event.model.score] : []));
    const odd = scored.at(-1)?.odd.map(({ row, ...rest }) => [row, Object.keys(rest)]);
    expect(odd).toEqual([3, 2, 1].map((row) => [row, ["logDensity"]]));
  });

  test("a mixture of normals from a file is shown and asked, too", async () => {
    const { variables, table } = findVariables(parseCsv(mixedCsv(100), { kinds: "text", missing: "keep" }));
    const columns = table.columns.filter(({ name }) => name !== "name");
    const { model } = await fitNormalMixture({ ...table, columns }, { key: createKey(0), components: 1 });
    const metadata = { table: { variables: variablesToJson(variables) } };
    const bytes = encodeModel(model, standardRegistry, { metadata });
    const opened = openedModel("copula.safetensors", await decodedModel("copula.safetensors", bytes));
    const watched = new Watched();
    expect(watched.trainer.open(opened).columns.map(({ use }) => use)).toContain("learned");
    expect((await watched.trainer.drawRows({ count: 3, seed: 0 })).columns).toContain("group");
    const asker = new Asker(askSource(watched.trainer.asked() as AskedModel) as AskSource);
    expect((await asker.ask([["group", "reef"]])).fits).toBe(true);
    asker.dispose();
    await watched.load();
    expect(watched.model.score?.odd[0]).not.toHaveProperty("least");
  });

  test("what was remembered is taken back, and a bad file changes nothing", async () => {
    const watched = new Watched();
    const { trainer } = watched;
    await watched.load();
    const ended = trainer.train(settings(), true);
    await expect.poll(() => watched.progress.at(-1)).toMatchObject({ phase: "paused" });
    trainer.running?.stop();
    await ended;
    const bytes = trainer.save();
    await expect(watched.load({}, new File(["a,b\n"], "bad.csv"))).rejects.toThrow(/at least one row/);
    expect(trainer.save()).toEqual(bytes);
    trainer.remember();
    const other = new File(["a,b\nx,2\ny,4.5\nx,60\n"], "other.csv");
    expect((await watched.load({}, other)).name).toBe("other.csv");
    expect(() => trainer.save()).toThrow(/Expected a model/);
    trainer.takeBack();
    expect(trainer.save()).toEqual(bytes);
    expect(trainer.kept()?.file).toBe(FILE);
    expect(trainer.describe(settings())?.name).toBe("fish.csv");
    expect((await trainer.drawRows({ count: 3, seed: 0 })).rows).toHaveLength(3);
    // Only once: what came before is not there any more.
    trainer.takeBack();
    expect(trainer.kept()).toBeUndefined();
  });

  test("waits after a single step, pauses, and keeps what it has when it is stopped", async () => {
    const watched = new Watched();
    await watched.load();
    const ended = watched.trainer.train(settings(), true);
    await expect.poll(() => watched.progress.at(-1)).toMatchObject({ phase: "paused", step: 1 });
    watched.trainer.running?.gate.stepOnce();
    await expect.poll(() => watched.progress.at(-1)).toMatchObject({ phase: "paused", step: 2 });
    watched.trainer.running?.stop();
    await ended;
    expect(watched.model.isStopped).toBe(true);
    expect((await watched.trainer.drawRows({ count: 3, seed: 0 })).rows).toHaveLength(3);
  });
});

describe("pictures", () => {
  test.runIf(DEEP)("bars hold the shares of the rows, of the data and of samples", async () => {
    const watched = new Watched();
    await watched.load();
    const places = [0, 1, 2, 3, 4, 5, 6];
    const before = await watched.trainer.marginals(places);
    expect(before.map(({ column }) => column)).toEqual(["when", "group", "size", "tagged", "net", "tax", "total"]);
    expect(before[1]).toMatchObject({
      axis: { kind: "categories" },
      data: [134 / 400, 133 / 400, 133 / 400].map(close),
    });
    expect(before[2]?.missing?.data).toBeCloseTo(44 / 400, 9);
    expect(before[0]?.axis).toMatchObject({ ticks: [{ label: "01.03.2021" }, {}, { label: "28.03.2021" }] });
    // One bar for each of the 13 numbers.
    expect(before[5]?.data).toHaveLength(13);
    for (const { data = [], missing } of before) {
      expect(data.reduce((sum, share) => sum + share, 0) + (missing?.data ?? 0)).toBeGreaterThan(0.98);
    }
    expect(before[0]?.samples).toBeUndefined();
    await watched.trainer.train(settings(), false);
    const after = await watched.trainer.marginals(places);
    expect(after[1]?.samples?.reduce((sum, share) => sum + share, 0)).toBeCloseTo(1, 6);
  });

  test("pairs are points, groups, or shares", async () => {
    const watched = new Watched();
    await watched.load();
    const numbers = await watched.trainer.pairOf([2, 4]);
    if (numbers.data?.kind !== "points") throw new Error("expected points");
    // Points have the colors of the first column with few categories.
    expect(numbers.groups?.column).toBe("group");
    const labels = new Set(numbers.data.groups);
    expect(numbers.data.groups).toHaveLength(numbers.data.x.length);
    expect(labels.size).toBe(numbers.groups?.labels.length);
    // The categories come first.
    const mixed = await watched.trainer.pairOf([2, 1]);
    expect(mixed.columns).toEqual(["group", "size"]);
    expect(mixed.groups).toBeUndefined();
    if (mixed.data?.kind !== "groups") throw new Error("expected groups");
    const medians = mixed.data.groups.map((group) => group?.[2] ?? Number.NaN);
    expect([...medians].sort((a, b) => a - b).map((value) => Math.round(value + 100))).toEqual([100, 105, 110]);
    const categories = await watched.trainer.pairOf([1, 3]);
    if (categories.data?.kind !== "shares") throw new Error("expected shares");
    expect(categories.data.shares.flat().reduce((sum, share) => sum + share, 0)).toBeCloseTo(1, 9);
  });
});

function close(value: number): unknown {
  return expect.closeTo(value, 9);
}
