import { mapEvents, runTogether } from "@pushforward/core/plain";
import type { AutoEvent } from "./auto-events.ts";
import type { AutoOptions } from "./auto-options.ts";
import type { MemberJob, TrainedMember } from "./member-task.ts";
import { taskOf, trainMember } from "./train-member.ts";

/** Trains members at the same time, here or elsewhere. Their events come as they happen. */
export async function* trainTogether(
  jobs: readonly MemberJob[],
  count: number,
  options: Pick<AutoOptions, "memberTrainer" | "signal">,
): AsyncGenerator<AutoEvent, readonly TrainedMember[], void> {
  const outcomes = new Map<MemberJob, TrainedMember>();
  const train = async function* (job: MemberJob): AsyncGenerator<AutoEvent, void, void> {
    const { index, kind } = job;
    const events = eventsOf(job, options);
    outcomes.set(job, yield* mapEvents(events, (event): AutoEvent => ({ type: "member", index, count, kind, event })));
  };
  yield* runTogether(
    jobs,
    jobs.map(() => train),
  );
  return jobs.map((job) => outcomes.get(job) as TrainedMember);
}

function eventsOf(
  job: MemberJob,
  { memberTrainer, signal }: Pick<AutoOptions, "memberTrainer" | "signal">,
): ReturnType<typeof trainMember> {
  const { train } = job;
  if (memberTrainer === undefined || "rows" in train) return trainMember(job, { signal });
  return memberTrainer(taskOf({ ...job, train }), { signal });
}
