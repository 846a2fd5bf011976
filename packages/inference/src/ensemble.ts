import { mapEvents } from "@pushforward/core/plain";
import { ConditionalMixture } from "@pushforward/distributions";
import { ConditionalFlow } from "@pushforward/flows";
import { Identity } from "@pushforward/transforms";
import type { TrainedDensity } from "./conditional-density.ts";
import type { InferenceEvent } from "./inference-events.ts";

/**
 * Trains densities one after the other and mixes them with equal weights. Rows are counted of the first, and the loss is the
 * mean: that of the mixture is not larger. An aborted member is the last.
 *
 * @param train makes the events of a member.
 */
export async function* fitEnsembleEvents(
  count: number,
  train: (member: number) => AsyncGenerator<InferenceEvent, TrainedDensity, void>,
): AsyncGenerator<InferenceEvent, TrainedDensity, void> {
  const members: TrainedDensity[] = [];
  let isComplete = false;
  try {
    for (let i = 0; i < count && members.at(-1)?.reason !== "aborted"; i++) {
      const member = yield* mapEvents(train(i), (event): InferenceEvent => {
        if (event.type !== "training") return event;
        // Densities of several members of their own are counted through.
        return { ...event, index: i * event.count + event.index, count: count * event.count };
      });
      members.push(member);
    }
    isComplete = true;
  } finally {
    if (!isComplete) for (const { model } of members) model.dispose();
  }
  const [first] = members as [TrainedDensity];
  const mixture = new ConditionalMixture({ components: members.map(({ model }) => model) });
  return {
    ...first,
    model: new ConditionalFlow(mixture, new Identity()),
    validationLoss: members.reduce((sum, { validationLoss }) => sum + validationLoss, 0) / members.length,
    reason: members.at(-1)?.reason ?? first.reason,
  };
}
