import { InferenceSession, Tensor } from "onnxruntime-node";
import * as web from "onnxruntime-web";

/** Numbers of rows. */
export interface OnnxRows {
  readonly shape: readonly number[];
  readonly values: ArrayLike<number>;
}

/** The inputs of a file by name, or a function that makes the inputs for given numbers of columns. */
export type OnnxInputs =
  | Readonly<Record<string, OnnxRows>>
  | ((columns: ReadonlyMap<string, number>) => Readonly<Record<string, OnnxRows>>);

/** Sessions by their files: to create one takes much longer than to run it. */
const sessions = new WeakMap<Uint8Array, InferenceSession>();

async function sessionOf(bytes: Uint8Array): Promise<InferenceSession> {
  const session =
    sessions.get(bytes) ?? (await InferenceSession.create(bytes, { logSeverityLevel: 3, intraOpNumThreads: 1 }));
  sessions.set(bytes, session);
  return session;
}

/** Runs an ONNX file by onnxruntime-node; the first output. */
export async function runOnnx(bytes: Uint8Array, inputs: OnnxInputs): Promise<OnnxRows> {
  const session = await sessionOf(bytes);
  const columns = session.inputMetadata.map((one): [string, number] => [
    one.name,
    one.isTensor ? Number(one.shape[1] ?? 1) : 0,
  ]);
  const all = typeof inputs === "function" ? inputs(new Map(columns)) : inputs;
  const feeds = Object.entries(all).map(([name, { shape, values }]): [string, Tensor] => [
    name,
    new Tensor("float64", Float64Array.from(values), [...shape]),
  ]);
  const output = Object.values(await session.run(Object.fromEntries(feeds)))[0] as Tensor;
  return { values: output.data as Float64Array, shape: output.dims };
}

/** The same by onnxruntime-web, in WebAssembly. */
export async function runOnnxOnWeb(bytes: Uint8Array, inputs: Readonly<Record<string, OnnxRows>>): Promise<OnnxRows> {
  web.env.wasm.numThreads = 1;
  const session = await web.InferenceSession.create(bytes, { logSeverityLevel: 3 });
  const feeds = Object.entries(inputs).map(([name, { shape, values }]): [string, web.Tensor] => [
    name,
    new web.Tensor("float64", Float64Array.from(values), [...shape]),
  ]);
  const output = Object.values(await session.run(Object.fromEntries(feeds)))[0] as web.Tensor;
  await session.release();
  return { values: output.data as Float64Array, shape: output.dims };
}
