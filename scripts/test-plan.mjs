/**
 * What some test files need before they run. Tests run from source: only those of the page need a build, and only the
 * types of what is tested are checked.
 *
 * @param {readonly string[]} files paths from the root, with forward slashes
 * @returns {{ readonly programs: readonly string[], readonly projects: readonly string[] }} apps to build, and folders
 * whose types to check
 */
export function testPlan(files) {
  const has = (folder) => files.some((file) => file.startsWith(`${folder}/`));
  // A visit to the page compares it with the command line.
  const page = has("apps/playground/test") ? ["apps/cli", "apps/playground"] : [];
  const programs = [...page, ...(has("apps/docs/test") ? ["apps/docs"] : [])];
  const folders = files.map((file) => /^(?:(?:packages|apps)\/[^/]+|examples)(?=\/)/.exec(file)?.[0]);
  return { programs, projects: [...new Set(folders.filter((folder) => folder !== undefined))] };
}
