// What is known of operations before any code of them is loaded: nothing here imports TensorFlow.js.
export {
  type AnswerField,
  type JsonSchema,
  MOST_ANSWER_ROWS,
  type OperationDescription,
  type OperationName,
  type OptionDescription,
  type OptionType,
  optionsOn,
  type Surface,
  type SurfaceOption,
} from "./operation.ts";
export { OPERATIONS, operationNamed, operationsOn } from "./operations.ts";
export { inputSchema, type JsonSurface, largest, outputSchema } from "./schemas.ts";
