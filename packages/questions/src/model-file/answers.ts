import type { TableModel } from "@pushforward/tables";
import type { OperationName } from "../operations/operation.ts";
import type { AskedModel } from "./asked-model.ts";
import { conditionProbability } from "./condition-probability.ts";

/**
 * Checks the options of an operation, as its description names them, and returns what computes the answer.
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
 * Operations whose answer is one object. Their commands, routes and tools need no code of their own.
 *
 * @example
 * Object.keys(OPERATION_ANSWERS); // → ["probability"]
 */
export const OPERATION_ANSWERS: Readonly<Partial<Record<OperationName, OperationAnswer>>> = {
  probability: conditionProbability,
};
