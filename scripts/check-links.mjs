// Every relative link and anchor in the Markdown files leads somewhere.
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { dirname, join, relative, resolve } from "node:path";
import { fileURLToPath } from "node:url";

const root = join(dirname(fileURLToPath(import.meta.url)), "..");
const skipped = new Set(["node_modules", "dist", ".pages", ".git", ".turbo", ".changeset", "demo"]);

function pages(folder) {
  return readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    if (skipped.has(entry.name)) return [];
    const path = join(folder, entry.name);
    if (entry.isDirectory()) return pages(path);
    return entry.name.endsWith(".md") ? [path] : [];
  });
}

// The anchors that GitHub gives to headings.
function anchors(text) {
  return new Set(
    [...text.matchAll(/^#{1,6}\s+(.+)$/gm)].map(([, heading]) =>
      heading
        .toLowerCase()
        .replaceAll(/[`*]/g, "")
        .replaceAll(/[^\p{L}\p{N}\s_-]/gu, "")
        .trim()
        .replaceAll(/\s/g, "-"),
    ),
  );
}

let checked = 0;
const problems = [];
for (const page of pages(root)) {
  const text = readFileSync(page, "utf8").replaceAll(/```[\s\S]*?```/g, "");
  for (const [, target] of text.matchAll(/!?\[[^\]]*\]\(([^)\s]+)[^)]*\)/g)) {
    if (/^[a-z]+:/.test(target)) continue;
    checked += 1;
    const [path, anchor] = target.split("#");
    const file = path === "" ? page : resolve(dirname(page), path);
    if (!existsSync(file)) problems.push(`${relative(root, page)}: no file for ${target}`);
    else if (anchor && file.endsWith(".md") && !anchors(readFileSync(file, "utf8")).has(anchor)) {
      problems.push(`${relative(root, page)}: no heading for ${target}`);
    }
  }
}
for (const problem of problems) console.error(problem);
console.log(`${checked} links, ${problems.length} problems`);
process.exit(problems.length === 0 ? 0 : 1);
