import { expect, test } from "vitest";
import { withAddresses } from "./write-addresses.mjs";

test("a manifest keeps its fields and names its folder of the repository", () => {
  const manifest = { name: "@pushforward/core", version: "1.0.0" };
  expect(withAddresses(manifest, "packages/core", "https://example.org/people/flows")).toEqual({
    name: "@pushforward/core",
    version: "1.0.0",
    repository: { type: "git", url: "git+https://example.org/people/flows.git", directory: "packages/core" },
    bugs: { url: "https://example.org/people/flows/issues" },
    homepage: "https://example.org/people/flows/tree/main/packages/core#readme",
  });
});
