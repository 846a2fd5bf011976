import { saveBytes } from "../src/node.ts";

// Saves a megabyte and prints what came of it.
const [path] = process.argv.slice(2) as [string];
try {
  await saveBytes(path, new Uint8Array(1_000_000));
  process.stdout.write("saved");
} catch (error) {
  process.stdout.write((error as Error).message);
}
