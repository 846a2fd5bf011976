import { useBackend } from "@pushforward/backend";
import { beforeAll, describe, test } from "vitest";
import type { Law } from "../src/law/law.ts";

/** Registers the laws of cases as tests on both backends; the law that compares the backends runs on both by itself. */
export function testOnBothBackends(lawsByCase: readonly (readonly [name: string, laws: readonly Law[]])[]): void {
  for (const backend of ["cpu", "wasm"] as const) {
    describe(backend, () => {
      beforeAll(() => useBackend(backend));
      for (const [name, laws] of lawsByCase) {
        describe(name, () => {
          for (const law of laws) {
            if (backend === "cpu" || law.name !== "backends agree") test(law.name, () => law.run());
          }
        });
      }
    });
  }
}
