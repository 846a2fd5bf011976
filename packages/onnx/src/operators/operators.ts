import { elementwiseOperators } from "./elementwise-operators.ts";
import type { Operators } from "./operator-call.ts";
import { productOperators } from "./product-operators.ts";
import { reductionOperators } from "./reduction-operators.ts";
import { shapeOperators } from "./shape-operators.ts";

/** The kernels of TensorFlow.js that can be part of an exported model. */
export const operators: Operators = {
  ...elementwiseOperators,
  ...productOperators,
  ...reductionOperators,
  ...shapeOperators,
};
