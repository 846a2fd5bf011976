import { execFile } from "node:child_process";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import * as users from "pushforward";
import * as authors from "pushforward/extend";
import { transformWithOxc } from "vite";

const here = dirname(fileURLToPath(import.meta.url));
const app = join(here, "..");

/** Runs a program with its imports replaced by injected values, and returns its output. */
export async function printed(code: string, csv: string): Promise<string[]> {
  const { code: script } = await transformWithOxc(code, "run.ts");
  const imports = Array.from(
    script.matchAll(/import \{([^}]*)\} from "(pushforward(?:\/extend)?)";/g),
    ([, list = "", entry = ""]) => [list, entry] as const,
  );
  const entries: Readonly<Record<string, object>> = { pushforward: users, "pushforward/extend": authors };
  for (const [list, entry] of imports) {
    const absent = list
      .split(",")
      .filter((name) => name.trim() !== "" && !Object.hasOwn(entries[entry] ?? {}, name.trim()));
    if (absent.length > 0) throw new Error(`${entry} has no ${absent.join(", ")}.`);
  }
  const imported = imports.map(([list]) => list).join(",");
  const body = script
    .replace(/import .* from "node:fs\/promises";/, "")
    .replace(/import \{[^}]*\} from "pushforward(?:\/extend)?";/g, "");
  const lines: string[] = [];
  const AsyncFunction = Object.getPrototypeOf(printed).constructor as new (
    ...code: string[]
  ) => (...values: unknown[]) => Promise<void>;
  const run = new AsyncFunction("api", "readFile", "console", `const {${imported}} = api;\n${body}`);
  const readFile = (): Promise<Uint8Array> => Promise.resolve(new TextEncoder().encode(csv));
  await run({ ...users, ...authors }, readFile, { log: (...parts: unknown[]) => lines.push(parts.join(" ")) });
  return lines;
}

/** Returns the compiler errors of programs under the settings of the page. */
export async function compilerComplaints(programs: readonly string[]): Promise<string> {
  await mkdir(join(app, "node_modules"), { recursive: true });
  const folder = await mkdtemp(join(app, "node_modules", ".code-"));
  try {
    const names = programs.map((_, i) => `case-${i}.ts`);
    await Promise.all(programs.map((code, i) => writeFile(join(folder, `case-${i}.ts`), code)));
    const compilerOptions = {
      tsBuildInfoFile: "./info",
      isolatedDeclarations: false,
      declaration: false,
      declarationMap: false,
    };
    await writeFile(
      join(folder, "tsconfig.json"),
      JSON.stringify({ extends: "../../tsconfig.json", compilerOptions, files: names, include: [] }),
    );
    const tsc = join(app, "..", "..", "node_modules", "typescript", "bin", "tsc");
    const { stdout } = await promisify(execFile)(process.execPath, [tsc, "-p", join(folder, "tsconfig.json")]).catch(
      (error: { stdout: string }) => error,
    );
    return stdout;
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
