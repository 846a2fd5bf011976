import { expect, test } from "vitest";
import { element, escapeXml, formatCoordinate } from "./svg-element.ts";

test("escapeXml leaves no markup, and no character that XML forbids", () => {
  expect(escapeXml(`<a href="x" id='y'>&amp;`)).toBe("&lt;a href=&quot;x&quot; id=&#39;y&#39;&gt;&amp;amp;");
  expect(escapeXml("a\u0000b\u001Fc\uFFFEd\uD800e")).toBe("a\uFFFDb\uFFFDc\uFFFDd\uFFFDe");
  expect(escapeXml("Größe 🐧\t\n")).toBe("Größe 🐧\t\n");
});

test("formatCoordinate is short", () => {
  expect([0.5, -0.5, -0.04, 12.345, 3, 1e4].map((value) => formatCoordinate(value))).toEqual([
    ".5",
    "-.5",
    "0",
    "12.3",
    "3",
    "10000",
  ]);
});

test("element escapes attributes, rounds numbers and leaves out what is undefined", () => {
  expect(element("a", { b: '"<', c: 1.23456, d: undefined })).toBe('<a b="&quot;&lt;" c="1.235"/>');
  expect(element("a", {}, ["<b/>", "t"])).toBe("<a><b/>t</a>");
});
