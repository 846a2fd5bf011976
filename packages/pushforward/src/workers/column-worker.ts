// The program of a worker that trains networks: it starts the backend that it is told, and serves whoever has started it.
import { useBackend } from "@pushforward/backend";
import type { BackendChoice } from "@pushforward/backend/extend";
import { serveWorker } from "@pushforward/core/plain";
import { serveNetworks } from "@pushforward/tables/extend";

serveWorker(async ({ name, options }: BackendChoice, port) => {
  await useBackend(name, options);
  serveNetworks(port);
});
