import { type BackendName, describeBackend, useBackend } from "pushforward";
import { atEnd } from "./program-io.ts";

/** Starts the compute backend of a command. After the run, the backend that ran before it runs again. */
export async function startBackend(name: BackendName): Promise<void> {
  const { name: before } = await describeBackend();
  await useBackend(name);
  if (before !== name && (before === "wasm" || before === "cpu")) atEnd(() => useBackend(before));
}
