import { expect, test } from "vitest";
import { element, escapeXml, fitText, formatCoordinate, numberElement, textWidth } from "./elements.ts";

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

test("fitText cuts at whole characters, flattens line breaks and bounds its work", () => {
  expect(fitText("short", 12, 100)).toBe("short");
  expect(fitText(" two\n lines ", 12, 100)).toBe("two lines");
  const cut = fitText("🐧".repeat(50), 12, 100);
  expect(cut).toMatch(/^🐧+…$/u);
  expect(textWidth(cut, 12)).toBeLessThanOrEqual(100);
  expect(fitText("x".repeat(1_000_000), 12, 200).length).toBeLessThan(50);
});

test("numberElement raises exponents", () => {
  expect(numberElement("2×10^−9", { x: 1 })).toBe(
    '<text x="1">2×10<tspan dy="-.4em" font-size="75%">−9</tspan></text>',
  );
  expect(numberElement("0.5", {})).toBe("<text>0.5</text>");
});
