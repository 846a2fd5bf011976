import { OptionError } from "@pushforward/core";
import { OPERATION_ANSWERS } from "@pushforward/questions/extend";
import { type OperationName, operationNamed, optionsOn } from "@pushforward/questions/operations";
import type { AnswerSettings, LaneResponse, WorkerRequest } from "../workers/messages.ts";
import type { AnsweringModel } from "./answering-model.ts";
import { checkedRequest } from "./checked-request.ts";
import { explainRequest } from "./explain-request.ts";
import { givenRequest } from "./given-request.ts";
import { imputeRequest } from "./impute-request.ts";
import { readConditions } from "./read-conditions.ts";
import { jsonResponse, problemResponse } from "./responses.ts";
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
    return await (ANSWERS[operation] ?? answerQuestion)(model, request, settings);
  } catch (error) {
    return problemResponse(error);
  }
}

/** The answer to an operation whose answer is one object. */
async function answerQuestion(
  model: AnsweringModel,
  request: WorkerRequest,
  { maxRows, lane }: AnswerSettings,
): Promise<LaneResponse> {
  const { operation } = request;
  const answer = OPERATION_ANSWERS[operation];
  if (answer === undefined) throw new OptionError(`${operation}: expected an operation of the server, got another.`);
  const { options } = checkedRequest<Record<string, unknown>>(operation, request, maxRows);
  for (const { key, name, type, isRequired } of optionsOn(operationNamed(operation), "route")) {
    if (type !== "conditions" || (options[key] === undefined && !isRequired)) continue;
    options[key] = readConditions(name, options[key], model.model, model.layout);
  }
  const compute = answer(model.model, model.file, options);
  if (lane === "light") return undefined;
  return jsonResponse(1, await compute(() => model.askedBy(Number(options["seed"]))));
}
