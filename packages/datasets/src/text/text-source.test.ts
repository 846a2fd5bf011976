import { describe, expect, test } from "vitest";
import type { CsvOptions, CsvTable, FileEncoding } from "../csv/csv-options.ts";
import { csvChunks, joinCsvTables, parseCsv } from "../csv/parse-csv.ts";
import { TextSource } from "./text-source.ts";

/** Bytes, each written as the character of its number. */
const bytes = (text: string): Uint8Array => Uint8Array.from(text, (character) => character.charCodeAt(0));
const utf8 = (text: string): Uint8Array => new TextEncoder().encode(text);

/** What a reader makes of bytes that come in pieces of so many. */
function decoded(
  all: Uint8Array,
  piece: number,
  encoding?: CsvOptions["encoding"],
): { readonly text: string; readonly encoding: FileEncoding | undefined } {
  const source = new TextSource({ file: "d.csv", encoding }, () => 1);
  let text = "";
  for (let at = 0; at < all.length; at += piece) text += source.push(all.subarray(at, at + piece));
  text += source.end();
  return { text, encoding: source.encoding };
}

const PIECES = [1, 2, 3, 5, 17, 1000];
const LONG = "a plain line of some length\n".repeat(3);

describe("an encoding that nobody has named is found, however the bytes are cut", () => {
  test.each<readonly [what: string, all: Uint8Array, text: string, encoding: FileEncoding]>([
    ["ASCII", bytes(LONG), LONG, "utf-8"],
    ["UTF-8", utf8(`${LONG}œuvre 東京 😀`), `${LONG}œuvre 東京 😀`, "utf-8"],
    ["a byte order mark", utf8("\uFEFFname,é\n"), "\uFEFFname,é\n", "utf-8"],
    ["a mark that is not at the start", utf8(`${LONG}\uFEFFé`), `${LONG}\uFEFFé`, "utf-8"],
    [
      "Windows-1252",
      bytes(`${LONG}Caf\xe9, Bond\xed \x80 5 \x93a\x94\n`),
      `${LONG}Café, Bondí € 5 “a”\n`,
      "windows-1252",
    ],
    ["its last byte", bytes(`${LONG}caf\xe9`), `${LONG}café`, "windows-1252"],
    ["three bytes that begin a sequence", bytes(`${LONG}\xf0\x9f\x98`), `${LONG}ðŸ˜`, "windows-1252"],
    ["few bytes", bytes("a\n\xfc\xff"), "a\nüÿ", "windows-1252"],
    // What stands after the first byte that is not ASCII may look like UTF-8.
    ["a later pair of UTF-8", bytes(`${LONG}\xfcber\n\xc3\xa9`), `${LONG}über\nÃ©`, "windows-1252"],
  ])("%s", (_, all, text, encoding) => {
    for (const piece of PIECES) expect(decoded(all, piece)).toEqual({ text, encoding });
  });

  test("every byte that Windows-1252 has", () => {
    const all = Uint8Array.from({ length: 256 }, (_, byte) => byte).filter(
      (byte) => byte !== 0 && ![0x81, 0x8d, 0x8f, 0x90, 0x9d].includes(byte),
    );
    const { text } = decoded(Uint8Array.of(...bytes(LONG), ...all), 1);
    const special = "€‚ƒ„…†‡ˆ‰Š‹ŒŽ‘’“”•–—˜™š›œžŸ";
    const latin1 = Array.from({ length: 96 }, (_, i) => String.fromCharCode(0xa0 + i)).join("");
    expect(text.slice(LONG.length + 127)).toBe(special + latin1);
    expect(decoded(all, 7, "windows-1252").text.slice(127)).toBe(special + latin1);
  });
});

describe("bytes that are no text are refused with their line", () => {
  const message = (line: number): string =>
    `d.csv line ${line}: expected UTF-8 text, got bytes of a different encoding. Save the file as UTF-8. If it is Windows-1252 (Latin-1), say so (encoding: "windows-1252").`;

  test.each<readonly [what: string, all: Uint8Array, line: number]>([
    ["UTF-8 before another byte", Uint8Array.of(...utf8(`name\nJosé\n${LONG}`), ...bytes("Jos\xe9\n")), 6],
    ["UTF-8 whose last character is cut", Uint8Array.of(...utf8("name\nJosé\n"), 0xe6, 0x9d), 3],
    ...[0, 0x81, 0x8d, 0x8f, 0x90, 0x9d].map(
      (byte) => [`the byte ${byte} after another`, bytes(`name\n\xfcber\n${String.fromCharCode(byte)}\n`), 3] as const,
    ),
    ["a zero byte before another", bytes(`name,x\na\0b,2\nJos\xe9,2\n`), 3],
    ["nothing but a byte that no text has", bytes(`${LONG}\x81\n`), 4],
  ])("%s", async (_, all, line) => {
    for (const piece of PIECES) {
      const pieces = Array.from({ length: Math.ceil(all.length / piece) }, (_, i) =>
        all.subarray(i * piece, (i + 1) * piece),
      );
      const read = async (): Promise<void> => {
        for await (const { rows } of csvChunks(pieces, { file: "d.csv", kinds: "text" })) expect(rows).toBe(0);
      };
      await expect(read()).rejects.toThrow(message(line));
    }
  });

  test("an encoding that is named is not doubted", () => {
    const all = bytes("name\nM\xfcnchen\n\x81\n");
    expect(parseCsv(all, { encoding: "windows-1252" }).columns[0]?.values).toEqual(["M\xfcnchen", "\x81"]);
    expect(() => parseCsv(all, { encoding: "utf-8", file: "d.csv" })).toThrow(message(2));
  });
});

test("tables say how their bytes were read, as far as they were", async () => {
  expect(parseCsv("name\nM\xfcnchen\n")).not.toHaveProperty("encoding");
  expect(parseCsv(utf8("x,y\n1,2\n"))).toHaveProperty("encoding", "utf-8");
  const rows = Array.from({ length: 60_000 }, (_, i) => `a plain row,${i}\n`);
  const all = bytes(`name,n\n${rows.join("")}caf\xe9,1\n`);
  const chunks: CsvTable[] = [];
  for await (const chunk of csvChunks([all.subarray(0, -8), all.subarray(-8)])) chunks.push(chunk);
  expect(chunks[0]?.encoding).toBe("utf-8");
  expect(joinCsvTables(chunks)?.encoding).toBe("windows-1252");
  expect(joinCsvTables(chunks)?.columns[0]?.values.at(-1)).toBe("caf\xe9");
});
