import { OptionError } from "@pushforward/core";
import type { OperationName } from "@pushforward/questions/operations";
import type { AnswerSettings, LaneResponse, WorkerRequest } from "../workers/messages.ts";
import type { AnsweringModel } from "./answering-model.ts";
import { explainRequest } from "./explain-request.ts";
import { givenRequest } from "./given-request.ts";
import { imputeRequest } from "./impute-request.ts";
import { problemResponse } from "./responses.ts";
import { sampleRequest } from "./sample-request.ts";
import { scoreRequests } from "./score-requests.ts";

type Answer = (
  model: AnsweringModel,
  request: WorkerRequest,
  settings: AnswerSettings,
) => LaneResponse | Promise<LaneResponse>;

/** How requests are answered that are not answered several at a time. */
const ANSWERS: Readonly<Partial<Record<OperationName, Answer>>> = {
  sample: sampleRequest,
  given: givenRequest,
  explain: explainRequest,
  impute: imputeRequest,
};

/**
 * Answers requests of one operation, those that are too heavy for their lane with undefined; none of them fails because of another.
 */
export async function answerBatch(
  model: AnsweringModel,
  requests: readonly WorkerRequest[],
  settings: AnswerSettings,
): Promise<readonly LaneResponse[]> {
  if (requests.every(({ operation }) => operation === "score")) return await scoreRequests(model, requests, settings);
  const responses: LaneResponse[] = [];
  for (const request of requests) responses.push(await answerOne(model, request, settings));
  return responses;
}

async function answerOne(
  model: AnsweringModel,
  request: WorkerRequest,
  settings: AnswerSettings,
): Promise<LaneResponse> {
  const { operation } = request;
  try {
    if (operation === "score") return (await scoreRequests(model, [request], settings))[0];
    const answer = ANSWERS[operation];
    if (answer === undefined) throw new OptionError(`${operation}: expected an operation of the server, got another.`);
    return await answer(model, request, settings);
  } catch (error) {
    return problemResponse(error);
  }
}
