import { describeBackend, useBackend } from "pushforward";
import type { BackendInfo } from "../shared/protocol.ts";

/** Starts a backend unless it runs; where wasm can't start, cpu does. Returns what runs when that has changed. */
export async function startBackend(name: "wasm" | "cpu"): Promise<BackendInfo | undefined> {
  if ((await describeBackend()).name === name) return undefined;
  await useBackend(name).catch(async (error: unknown) => {
    if (name === "cpu") throw error;
    await useBackend("cpu");
  });
  return await backendInfo();
}

/** What the page tells of the backend that runs. */
export async function backendInfo(): Promise<BackendInfo> {
  return { ...(await describeBackend()), cores: navigator.hardwareConcurrency ?? 1 };
}
