/** Turns a free name of an example into the import that brings it, or `undefined` for a name it does not know. */
export type ImportOf = (name: string) => string | undefined;

const ARROW = /^(\s*)(?:(const|let|using) (\w+)\b.*?= )?(.*?);?\s*\/\/ → (shape )?(.*)$/;

/**
 * Turns the `@example` blocks of the doc comments of a source file into one module. Returns `undefined` for a file
 * without examples. Each block is a separate scope and keeps its line numbers, so that a line reported for the module
 * is the line in the source. All imports are on the first line: imports written in the blocks, and imports for the
 * names that `importOf` knows. A block that declares such a name hides the import.
 *
 * A one-line statement with a final `// → value` is checked, `// → shape [2, 3]` by its shape only.
 *
 * @param path of the source, for the errors.
 * @throws {Error} an example that starts on the line of its tag or has a fence, or an arrow without an expression to
 * check.
 */
export function docCommentModule(path: string, source: string, importOf: ImportOf): string | undefined {
  const imports = new Set<string>();
  const lines = blocks(path, source).map((line) => {
    if (!/^import .* from ".*";$/.test(line)) return line;
    imports.add(line);
    return "";
  });
  const words = lines.join("\n").match(/[A-Za-z_$][\w$]*/g);
  if (words === null) return undefined;
  const written = new Set([...imports].flatMap((line) => line.match(/[A-Za-z_$][\w$]*/g) ?? []));
  for (const word of new Set([...words, "checkValue"])) {
    const line = written.has(word) ? undefined : importOf(word);
    if (line !== undefined) imports.add(line);
  }
  const [, ...rest] = lines.map((line, i) => checked(line, `${path}:${i + 1}`));
  return `${[...imports].join(" ")} export {};\n${rest.join("\n")}\n`;
}

/** Lines of the source reduced to its examples: braces at the start and end of a block, comment marks removed. */
function blocks(path: string, source: string): string[] {
  let inside = false;
  return source.split("\n").map((line, i) => {
    const text = line.replace(/^\s*(?:\/\*\*|\*(?!\/)) ?/, "");
    const closes = inside && (/^@\w/.test(text) || /\*\/\s*$/.test(line));
    if (closes) inside = false;
    if (/^\s*(?:\/\*\*|\*) ?@example\b/.test(line)) {
      if (text.trim() !== "@example") throw new Error(`${path}:${i + 1}: an example starts on the line after its tag.`);
      inside = true;
      return closes ? "} {" : "{";
    }
    if (closes) return "}";
    if (inside && text.startsWith("```")) throw new Error(`${path}:${i + 1}: an example is code without a fence.`);
    return inside ? text.trimEnd() : "";
  });
}

/** Appends the check to a line with an arrow to a value. */
function checked(line: string, where: string): string {
  const match = ARROW.exec(line);
  if (match === null) return line;
  const [, indent = "", keyword, name = "", expression = "", shape = "", text = ""] = match;
  if (expression === "" || /^(?:[})\]]|const |let |using )|[,({[]$/.test(expression)) {
    throw new Error(`${where}: an arrow needs an expression or one variable, on its line.`);
  }
  const value = text.replaceAll("−", "-");
  const got = `${keyword === undefined ? `(${expression})` : name}${shape === "" ? "" : ".shape"}`;
  const before = keyword === undefined ? indent : `${line.slice(0, line.indexOf("// → ")).trimEnd()} `;
  return `${before}checkValue(${got}, ${value}, ${JSON.stringify(value)});`;
}
