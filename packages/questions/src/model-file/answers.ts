import type { TableModel } from "@pushforward/tables";
import type { OperationName } from "../operations/operation.ts";
import type { AskedModel } from "./asked-model.ts";
import { conditionProbability } from "./condition-probability.ts";

/**
 * Checks the options of an operation, as its description names the options, and returns the function that computes the
 * answer.
 *
 * @param file name of the model, for messages.
 */
export type OperationAnswer = (
  model: TableModel,
  file: string,
  // biome-ignore lint/suspicious/noExplicitAny: the description of the operation has the types.
  options: any,
) => (ask: () => Promise<AskedModel>) => Promise<object>;

/**
 * Operations with a single object as the answer. Their commands, routes and tools need no extra code.
 * @example
 * Object.keys(OPERATION_ANSWERS); // → ["probability"]
 */
export const OPERATION_ANSWERS: Readonly<Partial<Record<OperationName, OperationAnswer>>> = {
  probability: conditionProbability,
};
