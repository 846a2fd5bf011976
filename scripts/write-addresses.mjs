// Writes `repository`, `bugs` and `homepage` into the package.json of each published package, from the repository in which a
// GitHub workflow runs. npm accepts a provenance statement only if `repository` names that repository.
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

/**
 * A manifest with the addresses of its package.
 *
 * @param {object} manifest
 * @param {string} folder of the package, from the root, with forward slashes
 * @param {string} address of the repository, without a slash at its end
 */
export function withAddresses(manifest, folder, address) {
  return {
    ...manifest,
    repository: { type: "git", url: `git+${address}.git`, directory: folder },
    bugs: { url: `${address}/issues` },
    homepage: `${address}/tree/main/${folder}#readme`,
  };
}

function main() {
  const { GITHUB_SERVER_URL: server, GITHUB_REPOSITORY: repository } = process.env;
  if (!server || !repository) {
    console.error(
      `write-addresses: expected GITHUB_SERVER_URL and GITHUB_REPOSITORY, got ${server} and ${repository}. Run it in a GitHub workflow.`,
    );
    process.exit(1);
  }
  const root = join(dirname(fileURLToPath(import.meta.url)), "..");
  const folders = [...readdirSync(join(root, "packages")).map((name) => `packages/${name}`), "apps/cli"];
  for (const folder of folders) {
    const file = join(root, folder, "package.json");
    const manifest = JSON.parse(readFileSync(file, "utf8"));
    if (manifest.private === true) continue;
    writeFileSync(file, `${JSON.stringify(withAddresses(manifest, folder, `${server}/${repository}`), null, 2)}\n`);
  }
  console.log(`addresses of ${server}/${repository} written`);
}

if (process.argv[1] === fileURLToPath(import.meta.url)) main();
