import { MissingPackageError } from "@pushforward/core";
import { expect, test } from "vitest";
import { importOptional } from "./import-optional.ts";

/** The import of a package that is not there, as Node refuses it; a test runner words it differently. */
const refused = (message: string): (() => Promise<never>) => {
  return () => Promise.reject(Object.assign(new Error(message), { code: "ERR_MODULE_NOT_FOUND" }));
};

test("a package that is there is imported", async () => {
  expect((await importOptional("test", "node:path", () => import("node:path"))).basename("a/b")).toBe("b");
});

test("a package that is missing is an error with the command that installs it", async () => {
  const load = refused("Cannot find package '@duckdb/node-api' imported from /x/y.js");
  const failed = importOptional("x.parquet", "@duckdb/node-api", load);
  await expect(failed).rejects.toThrow(MissingPackageError);
  await expect(failed).rejects.toThrow(
    "x.parquet: expected the package @duckdb/node-api, which is not installed. " +
      "Install it with: npm install @duckdb/node-api",
  );
});

test("what Node says of a missing package is recognized", async () => {
  const { spawnSync } = await import("node:child_process");
  const script = `import("@a/not-there/deep").catch(({ code, message }) => console.log(JSON.stringify({ code, message })))`;
  const { stdout } = spawnSync(process.execPath, ["--input-type=module", "-e", script], { encoding: "utf8" });
  const { code, message } = JSON.parse(stdout) as { code: string; message: string };
  const load = () => Promise.reject(Object.assign(new Error(message), { code }));
  await expect(importOptional("test", "@a/not-there", load)).rejects.toThrow(MissingPackageError);
});

test.each([
  ["a package that the package imports", refused("Cannot find package 'zod' imported from /node_modules/ours/x.js")],
  ["a file of the package", refused("Cannot find module '/node_modules/ours/x.js' imported from /y.js")],
  ["any other error", () => Promise.reject(new TypeError("broken"))],
])("%s passes through", async (_, load) => {
  const failed = importOptional("test", "ours", load);
  await expect(failed).rejects.toThrow();
  await expect(failed).rejects.not.toThrow(MissingPackageError);
});
