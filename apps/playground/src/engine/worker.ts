// One script for both workers, so that the page loads it once: one trains, the other draws what is learned, so that
// pictures do not take time from training.
import type { Role } from "../shared/protocol.ts";

addEventListener(
  "message",
  ({ data }: MessageEvent<Role>) => {
    const { role, calls, peer, life } = data;
    // The page waits for this lock, and so learns that the worker has ended, however it did. Absent on insecure hosts.
    void navigator.locks?.request(life, () => new Promise(() => {}));
    const started =
      role === "trainer"
        ? import("./serve-trainer.ts").then(({ serveTrainer }) => serveTrainer(calls, peer))
        : import("./serve-painter.ts").then(({ servePainter }) => servePainter(calls, peer));
    started.catch((error: unknown) => {
      // What a promise throws does not reach the page by itself.
      setTimeout(() => {
        throw error;
      });
    });
  },
  { once: true },
);
