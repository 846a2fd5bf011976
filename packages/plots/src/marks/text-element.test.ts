import { expect, test } from "vitest";
import { fitText, numberElement, textWidth } from "./text-element.ts";

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
