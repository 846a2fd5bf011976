import { elementwiseOperators } from "./elementwise-operators.ts";
import { type Operators, productOperators, reductionOperators, shapeOperators } from "./shape-operators.ts";

/** The kernels of TensorFlow.js that can be part of an exported model. */
export const operators: Operators = {
  ...elementwiseOperators,
  ...productOperators,
  ...reductionOperators,
  ...shapeOperators,
};
