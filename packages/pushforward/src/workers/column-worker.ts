// The program of a worker that trains networks: it starts the backend that it is told, and serves whoever has started it.

import { useBackend } from "@pushforward/backend";
import type { BackendChoice } from "@pushforward/backend/extend";
import { errorToData } from "@pushforward/core/plain";
import { type NetworkPort, serveNetworks } from "@pushforward/tables/extend";
import type { WorkerStart } from "./worker-start.ts";

const { parentPort } = globalThis.process?.getBuiltinModule?.("node:worker_threads") ?? {};
const port = (parentPort ?? globalThis) as unknown as NetworkPort;

port.onmessage = ({ data }) => {
  const { name, options } = data as BackendChoice;
  useBackend(name, options).then(
    () => {
      serveNetworks(port);
      tell({ type: "ready" });
    },
    (error: unknown) => tell({ type: "failed", error: errorToData(error) }),
  );
};

function tell(start: WorkerStart): void {
  port.postMessage(start);
}
