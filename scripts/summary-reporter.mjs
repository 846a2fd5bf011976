import { writeFileSync } from "node:fs";

/**
 * Ends a run with the plain line `N passed, N failed`. A run that is part of a longer one writes the two numbers as JSON into
 * the file of PUSHFORWARD_SUMMARY instead.
 */
export default class SummaryReporter {
  onTestRunEnd(modules, errors) {
    let passed = 0;
    let failed = errors.length;
    let skipped = 0;
    for (const module of modules) {
      const tests = [...module.children.allTests()];
      if (tests.length === 0 || module.errors().length > 0) failed += Math.max(1, module.errors().length);
      for (const test of tests) {
        const { state } = test.result();
        if (state === "passed") passed += 1;
        else if (state === "failed") failed += 1;
        else skipped += 1;
      }
    }
    const file = process.env.PUSHFORWARD_SUMMARY;
    if (file !== undefined) writeFileSync(file, JSON.stringify({ passed, failed, skipped }));
    // After the default reporter's own summary.
    else process.on("exit", () => console.log(`\n${summaryLine({ passed, failed, skipped })}`));
  }
}

/** The last line of a run. */
export function summaryLine({ passed, failed, skipped }) {
  return `${passed} passed, ${failed} failed${skipped > 0 ? `, ${skipped} skipped` : ""}`;
}
