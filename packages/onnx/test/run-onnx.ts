import { InferenceSession, Tensor } from "onnxruntime-node";

/** Numbers of rows, by input. */
export interface OnnxInput {
  readonly shape: readonly number[];
  readonly values: ArrayLike<number>;
}

/** Runs an ONNX file by onnxruntime-node; the first output. */
export async function runOnnx(
  bytes: Uint8Array,
  inputs: Readonly<Record<string, OnnxInput>>,
): Promise<{ readonly values: ArrayLike<number>; readonly shape: readonly number[] }> {
  const session = await InferenceSession.create(bytes, { logSeverityLevel: 3, intraOpNumThreads: 1 });
  const feeds = Object.entries(inputs).map(([name, { shape, values }]): [string, Tensor] => {
    const metadata = session.inputMetadata.find((one) => one.name === name);
    const isFloat = metadata?.isTensor === true && metadata.type === "float32";
    const data = isFloat ? Float32Array.from(values) : Float64Array.from(values);
    return [name, new Tensor(isFloat ? "float32" : "float64", data, [...shape])];
  });
  const results = await session.run(Object.fromEntries(feeds));
  const output = Object.values(results)[0] as Tensor;
  await session.release();
  return { values: output.data as Float64Array, shape: output.dims };
}
