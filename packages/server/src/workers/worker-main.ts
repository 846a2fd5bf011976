// The program of a worker process: it starts a backend, holds models, and answers the requests that it is sent.

import { useBackend } from "@pushforward/backend";
import { ModelFileError } from "@pushforward/core";
import { WorkerModels } from "../requests/worker-models.ts";
import type { FromWorker, ToWorker, WorkerSettings } from "./messages.ts";

const settings = JSON.parse(process.argv[2] ?? "{}") as WorkerSettings;
// The server may have gone; then this process ends with the channel.
const tell = (message: FromWorker): void => void process.send?.(message, undefined, undefined, () => undefined);

// Ctrl-C reaches all processes of a terminal; the server decides when its workers end.
for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.on(signal, () => undefined);
process.on("disconnect", () => process.exit());

await useBackend(settings.backend);
const models = new WorkerModels(settings);
// Requests are answered one after the other, models are loaded beside them.
let last: Promise<unknown> = Promise.resolve();
process.on("message", (message: ToWorker) => {
  if (message.type === "load") {
    void answer(message.id, async () => ({ type: "loaded", id: message.id, columns: await models.load(message) }));
  } else if (message.type === "drop") last = last.then(() => models.drop(message.serial));
  else {
    const run = async (): Promise<FromWorker> => ({
      type: "done",
      id: message.id,
      responses: await models.run(message),
    });
    last = last.then(() => answer(message.id, run));
  }
});
tell({ type: "ready" });

async function answer(id: number, make: () => Promise<FromWorker>): Promise<void> {
  try {
    tell(await make());
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    tell({ type: "failed", id, message, ...(error instanceof ModelFileError && { reason: error.reason }) });
  }
}
