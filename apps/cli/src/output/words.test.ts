import { expect, test } from "vitest";
import { visible, wrapped } from "./words.ts";

test("characters that a terminal obeys are shown, others are left", () => {
  expect(visible("a\u001b[31mred\u0007\u009b2J\u007f")).toBe("a\\x1b[31mred\\x07\\x9b2J\\x7f");
  expect(visible("two\r\nlines\tand a tab")).toBe("two\\r\\nlines\\tand a tab");
  expect(visible("abc\u202edef\u2066\ufeff")).toBe("abc\\u202edef\\u2066\\ufeff");
  const plain = "Größe, 面積, 👩‍🔬, नमस्ते, \\x1b";
  expect(visible(plain)).toBe(plain);
});

test("a line is wrapped between words, with an indent", () => {
  expect(wrapped("short", 10)).toEqual(["short"]);
  expect(wrapped("one two three four", 9)).toEqual(["one two", "  three", "  four"]);
  expect(wrapped("  one two three", 11)).toEqual(["  one two", "    three"]);
  expect(wrapped("a Pneumonoultramicroscopic word", 10)).toEqual(["a", "  Pneumonoultramicroscopic", "  word"]);
  expect(wrapped('column "a long name" is left', 22)).toEqual(['column "a long name"', "  is left"]);
  expect(wrapped("row  why it is odd and rare", 16)).toEqual(["row  why it is", "     odd and", "     rare"]);
  // Two columns of the terminal for each character.
  expect(wrapped("面積 面積 面積", 10)).toEqual(["面積 面積", "  面積"]);
});

test("a command that is wrapped can be copied", () => {
  expect(wrapped("  pushforward score model.st data.csv --out x.csv", 36)).toEqual([
    "  pushforward score model.st \\",
    "    data.csv --out x.csv",
  ]);
  expect(wrapped("  pushforward sample m.st --out x.csv  # a file of two columns", 30)).toEqual([
    "  pushforward sample m.st \\",
    "    --out x.csv",
    "    # a file of two columns",
  ]);
});
