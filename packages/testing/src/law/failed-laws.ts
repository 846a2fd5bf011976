import type { Law } from "./law.ts";
import { LawError } from "./law-error.ts";

/** Runs laws and returns the names of those that do not hold. Errors other than {@link LawError} are thrown on. */
export async function failedLaws(laws: readonly Law[]): Promise<string[]> {
  const failed: string[] = [];
  for (const law of laws) {
    try {
      await law.run();
    } catch (error) {
      if (!(error instanceof LawError)) throw error;
      failed.push(law.name);
    }
  }
  return failed;
}
