import { describe, expect, test } from "vitest";
import { docCommentModule, type ImportOf } from "./doc-comment-module.ts";

const importOf: ImportOf = (name) =>
  ["twice", "checkValue"].includes(name) ? `import { ${name} } from "numbers";` : undefined;

describe("docCommentModule", () => {
  test("gives each example a scope, on the lines of the source", () => {
    const source = [
      "/**",
      " * Doubles a number.",
      " *",
      " * @example",
      " * const y = twice(1);",
      " *",
      " * @example",
      " * const y = twice(2);",
      " *   twice(y); // four",
      " * @see elsewhere",
      " */",
      "export function twice() {}",
    ].join("\n");
    expect(docCommentModule("twice.ts", source, importOf)?.split("\n")).toEqual([
      'import { twice } from "numbers"; import { checkValue } from "numbers"; export {};',
      ...["", "", "{", "const y = twice(1);", "", "} {", "const y = twice(2);", "  twice(y); // four", "}", "", "", ""],
    ]);
  });

  test("hoists the imports of an example, and brings their names no second time", () => {
    const source = '/**\n * @example\n * import { twice } from "mine";\n * twice(1);\n */';
    expect(docCommentModule("twice.ts", source, importOf)).toBe(
      'import { twice } from "mine"; import { checkValue } from "numbers"; export {};\n{\n\ntwice(1);\n}\n',
    );
  });

  const checks: readonly (readonly [line: string, module: string])[] = [
    ["twice(1); // → 2", 'checkValue((twice(1)), 2, "2");'],
    ["const y = twice(1); // → −2", 'const y = twice(1); checkValue(y, -2, "-2");'],
    ["using y = twice([1]); // → shape [1]", 'using y = twice([1]); checkValue(y.shape, [1], "[1]");'],
  ];
  test.each(checks)("checks %s", (line, module) => {
    const text = docCommentModule("twice.ts", `/**\n * @example\n * ${line}\n */`, importOf)?.split("\n")[2];
    expect(text).toBe(module);
  });

  test("is undefined where there is no example", () => {
    expect(
      docCommentModule("twice.ts", "/** Doubles a number. */\nexport function twice() {}\n", importOf),
    ).toBeUndefined();
  });

  const faults: readonly (readonly [line: string, message: string])[] = [
    ["@example twice(1);", "twice.ts:2: an example starts on the line after its tag."],
    ["@example\n * ```ts\n * ```", "twice.ts:3: an example is code without a fence."],
    [
      "@example\n * twice(\n *   1); // → 2\n * ); // → 2",
      "twice.ts:5: an arrow needs an expression or one variable, on its line.",
    ],
    [
      "@example\n * const [y] = twice(1); // → 2",
      "twice.ts:3: an arrow needs an expression or one variable, on its line.",
    ],
  ];
  test.each(faults)("refuses %j", (text, message) => {
    expect(() => docCommentModule("twice.ts", `/**\n * ${text}\n */`, importOf)).toThrow(message);
  });
});
