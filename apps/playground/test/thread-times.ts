import { readdirSync, readFileSync } from "node:fs";

/** Processor time of the workers of the page, in seconds, in the order in which they were started. */
export function workerSeconds(): number[] {
  const found: { readonly id: number; readonly seconds: number }[] = [];
  for (const pid of readdirSync("/proc").filter((name) => /^\d+$/.test(name))) {
    try {
      if (!readFileSync(`/proc/${pid}/cmdline`, "utf8").includes("type=renderer")) continue;
      for (const id of readdirSync(`/proc/${pid}/task`)) {
        const [, name, rest] = /\((.*)\) (.*)$/s.exec(readFileSync(`/proc/${pid}/task/${id}/stat`, "utf8")) ?? [];
        if (!name?.startsWith("DedicatedWorker")) continue;
        const fields = rest?.split(" ") ?? [];
        found.push({ id: Number(id), seconds: (Number(fields[11]) + Number(fields[12])) / 100 });
      }
    } catch {
      // It has ended meanwhile.
    }
  }
  return found.sort((a, b) => a.id - b.id).map(({ seconds }) => seconds);
}
