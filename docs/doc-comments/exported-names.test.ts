import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import { exportedNames, namesOf } from "./exported-names.ts";

const root = join(dirname(fileURLToPath(import.meta.url)), "..", "..");

test("values and types are found in lists, declarations and other modules", () => {
  const folder = mkdtempSync(join(tmpdir(), "pushforward-names-"));
  try {
    const source = `export type { A, B as C } from "./a.ts";
export { type D, e } from "./d.ts";
export {
  type F,
  g, // a comment
} from "./f.ts";
export const { h, i } = { h: 1, i: 2 };
export async function j(): Promise<void> {}
export * as k from "./k.ts";
export * from "./l.ts";
export * from "elsewhere";
`;
    writeFileSync(join(folder, "index.ts"), source);
    writeFileSync(join(folder, "l.ts"), "export abstract class L {}\nexport interface M {}\n");
    writeFileSync(join(folder, "n.ts"), "export type N = number;\n");
    const names = namesOf(join(folder, "index.ts"), new Map([["elsewhere", join(folder, "n.ts")]]));
    expect([...names.values].sort()).toEqual(["L", "e", "g", "h", "i", "j", "k"]);
    expect([...names.types].sort()).toEqual(["A", "C", "D", "F", "M", "N"]);
    expect(() => namesOf(join(folder, "index.ts"), new Map())).toThrow(
      "expected a module of a package, got elsewhere.",
    );
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
});

test("the values of an entry are those that the module has when it is loaded", async () => {
  const all = exportedNames(root);
  for (const [folder, module] of [
    ["pushforward", await import("pushforward")],
    ["transforms", await import("@pushforward/transforms")],
    ["distributions", await import("@pushforward/distributions")],
  ] as const) {
    expect([...(all.get(folder)?.[0]?.values ?? [])].sort()).toEqual(Object.keys(module).sort());
  }
});

test("each entry of a package has its own names", () => {
  const [main, extend, node] = exportedNames(root).get("datasets") ?? [];
  expect(main?.specifier).toBe("@pushforward/datasets");
  expect(main?.values.has("parseCsv")).toBe(true);
  expect(main?.types.has("CsvTable")).toBe(true);
  expect(extend?.specifier).toBe("@pushforward/datasets/extend");
  expect(extend?.values.has("createTable")).toBe(true);
  expect(node?.specifier).toBe("@pushforward/datasets/node");
  expect(node?.values.has("readCsv")).toBe(true);
});
