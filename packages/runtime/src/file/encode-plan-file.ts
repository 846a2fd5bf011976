import { formatJson, type SafetensorsTensor, sealContainer } from "@pushforward/serialization/file-parts";
import { type FileParameter, PLAN_FILE, type PlanFile, withNumberTexts } from "./plan-file.ts";

/** The bytes of a compiled model: a sealed safetensors file, with the plans as JSON in its metadata. */
export function encodePlanFile(file: PlanFile): Uint8Array<ArrayBuffer> {
  const { parameters, columns, contextColumns, ...plans } = file;
  const where = "encodePlanFile";
  const list = parameters.map(({ name, trainable, isNamed }) => ({ name, trainable, isNamed }));
  const fields = {
    parameters: formatJson(list, where),
    plans: formatJson(withNumberTexts(plans), where),
    table: formatJson({ columns, contextColumns }, where),
  };
  return sealContainer(PLAN_FILE, fields, new Map(parameters.map((one) => [one.name, tensorOf(one)])));
}

/** Masks take a byte a number. */
function tensorOf({ shape, values }: FileParameter): SafetensorsTensor {
  return values.every((value) => value === 1 || Object.is(value, 0))
    ? { dtype: "U8", shape, data: Uint8Array.from(values) }
    : { dtype: "F32", shape, data: values };
}
