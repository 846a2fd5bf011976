import { stepTimes } from "./step-times.ts";
import { tableFits } from "./table-fits.ts";

// npm run bench                      times of a training step, of logProb and of sampling
// npm run bench -- tables FOLDER …   fits of the CSV files of a folder, beside its reference.json
const [job = "steps", ...rest] = process.argv.slice(2);
if (job === "steps") await stepTimes();
else if (job === "tables") await tableFits(rest);
else {
  console.error(`bench: expected steps or tables, got ${job}.`);
  process.exitCode = 2;
}
