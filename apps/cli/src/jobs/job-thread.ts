// The program of a thread that does jobs, one after the other, so that the worker itself can always answer Redis.
import { serveRequests } from "@pushforward/core/plain";
import { sentenceOf } from "../errors/report-error.ts";
import { UserError } from "../errors/user-error.ts";
import { WorkerFolder } from "./job-folder.ts";
import type { Ticket } from "./queue.ts";
import { runJob } from "./run-job.ts";

serveRequests(async (folder: string) => {
  const allowed = await WorkerFolder.open(folder);
  return async (ticket: Ticket) => {
    try {
      return await runJob(ticket, allowed);
    } catch (error) {
      throw new UserError(sentenceOf(error).replace(/^error: /, ""));
    }
  };
});
