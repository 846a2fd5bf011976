import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import { exportedNames, exportedTypes } from "./exported-names.ts";

test("types are found in lists of types and among values", () => {
  const source = `export type { A, B as C } from "./a.ts";
export { type D, e } from "./d.ts";
export {
  type F,
  g,
} from "./f.ts";
export * from "./h.ts";
`;
  expect([...exportedTypes(source)]).toEqual(["A", "C", "D", "F"]);
});

test("each entry of a package has its own names", async () => {
  const root = join(dirname(fileURLToPath(import.meta.url)), "..", "..");
  const [main, node] = (await exportedNames(root)).get("datasets") ?? [];
  expect(main?.specifier).toBe("@pushforward/datasets");
  expect(main?.values.has("parseCsv")).toBe(true);
  expect(main?.types.has("CsvTable")).toBe(true);
  expect(node?.specifier).toBe("@pushforward/datasets/node");
  expect(node?.values.has("readCsv")).toBe(true);
});
