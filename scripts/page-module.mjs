/**
 * The ```ts fences of a Markdown page as one module, imports first and merged, so that later fences may use earlier
 * ones. `undefined` for a page without any. A fence that must not run is tagged ```ts no-run.
 *
 * @param {string} text
 * @returns {string | undefined}
 */
export function pageModule(text) {
  const fences = [...text.matchAll(/^```ts\n([\s\S]*?)^```/gm)].map((match) => match[1]);
  if (fences.length === 0) return undefined;
  const named = new Map();
  const other = new Set();
  const body = fences
    .join("\n")
    .replaceAll(/^import (type )?\{([^}]*)\} from "([^"]+)";\n/gm, (_all, type, names, from) => {
      const list = named.get(from) ?? new Set();
      for (const name of names.split(",").map((n) => n.trim())) {
        if (name !== "") list.add(type === undefined ? name : `type ${name}`);
      }
      named.set(from, list);
      return "";
    })
    .replaceAll(/^import .*;\n/gm, (line) => {
      other.add(line);
      return "";
    });
  const imports = [...named].map(([from, names]) => `import { ${[...names].join(", ")} } from "${from}";\n`);
  return `${[...other].join("")}${imports.join("")}${body}\nexport {};\n`;
}
