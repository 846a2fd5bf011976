import { describeBackend, useBackend } from "pushforward";
import type { BackendInfo } from "../shared/protocol.ts";

/**
 * Starts a backend unless it is active; falls back to cpu if wasm can't start. Returns the new active backend after a
 * change.
 */
export async function startBackend(name: "wasm" | "cpu"): Promise<BackendInfo | undefined> {
  if ((await describeBackend()).name === name) return undefined;
  await useBackend(name).catch(async (error: unknown) => {
    if (name === "cpu") throw error;
    await useBackend("cpu");
  });
  return await backendInfo();
}

/** Returns the information that the page shows about the active backend. */
export async function backendInfo(): Promise<BackendInfo> {
  return { ...(await describeBackend()), cores: navigator.hardwareConcurrency ?? 1 };
}
