import { say } from "../output/terminal.ts";

/** Ctrl-C ends the program at once, because others train, and says how to go on. */
export async function withResumeNotice<T>(run: () => Promise<T>): Promise<T> {
  const stop = (): void => {
    say("", "stopped: workers go on with the members in the queue; the same command with --resume collects them");
    process.exit(130);
  };
  process.once("SIGINT", stop);
  try {
    return await run();
  } finally {
    process.removeListener("SIGINT", stop);
  }
}
