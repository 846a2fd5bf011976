import { spawnSync } from "node:child_process";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";

/**
 * Compiles all modules of a folder as strictly as a project of today checks its own code. That an example leaves
 * something unused is no fault.
 *
 * @returns what the compiler reports, empty where all is well.
 */
export function typeErrors(root: string, folder: string): string {
  const compilerOptions = {
    ...{ isolatedDeclarations: false, declaration: false, declarationMap: false, incremental: false },
    ...{ noUnusedLocals: false, noUnusedParameters: false, tsBuildInfoFile: null },
  };
  const settings = { extends: join(root, "tsconfig.base.json"), compilerOptions, include: ["**/*.ts"] };
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, "tsconfig.json"), JSON.stringify(settings));
  const compiler = join(root, "node_modules", "typescript", "bin", "tsc");
  const { stdout } = spawnSync(process.execPath, [compiler, "-p", folder, "--pretty", "false"], {
    cwd: folder,
    encoding: "utf8",
  });
  return stdout;
}
