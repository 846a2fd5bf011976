import { mapEvents, runTogether } from "@pushforward/core/plain";
import type { FitAutoEvent } from "./fit-auto-events.ts";
import type { FitAutoOptions } from "./fit-auto-options.ts";
import type { MemberJob, TrainedMember } from "./member-task.ts";
import { taskOf, trainMemberEvents } from "./train-member.ts";

/** Trains members at the same time, here or elsewhere. Their events come as they happen. */
export async function* trainTogetherEvents(
  jobs: readonly MemberJob[],
  count: number,
  options: Pick<FitAutoOptions, "memberTrainer" | "signal">,
): AsyncGenerator<FitAutoEvent, readonly TrainedMember[], void> {
  const outcomes = new Map<MemberJob, TrainedMember>();
  const train = async function* (job: MemberJob): AsyncGenerator<FitAutoEvent, void, void> {
    const { index, kind } = job;
    const events = eventsOf(job, options);
    outcomes.set(
      job,
      yield* mapEvents(events, (event): FitAutoEvent => ({ type: "member", index, count, kind, event })),
    );
  };
  yield* runTogether(
    jobs,
    jobs.map(() => train),
  );
  return jobs.map((job) => outcomes.get(job) as TrainedMember);
}

function eventsOf(
  job: MemberJob,
  { memberTrainer, signal }: Pick<FitAutoOptions, "memberTrainer" | "signal">,
): ReturnType<typeof trainMemberEvents> {
  const { train } = job;
  if (memberTrainer === undefined || "rows" in train) return trainMemberEvents(job, { signal });
  return memberTrainer(taskOf({ ...job, train }), { signal });
}
