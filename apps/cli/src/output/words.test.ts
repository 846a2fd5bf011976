import { expect, test } from "vitest";
import { visible } from "./words.ts";

test("characters that a terminal obeys are shown, others are left", () => {
  expect(visible("a\u001b[31mred\u0007\u009b2J\u007f")).toBe("a\\x1b[31mred\\x07\\x9b2J\\x7f");
  expect(visible("two\r\nlines\tand a tab")).toBe("two\\r\\nlines\\tand a tab");
  expect(visible("abc\u202edef\u2066\ufeff")).toBe("abc\\u202edef\\u2066\\ufeff");
  const plain = "Größe, 面積, 👩‍🔬, नमस्ते, \\x1b";
  expect(visible(plain)).toBe(plain);
});
