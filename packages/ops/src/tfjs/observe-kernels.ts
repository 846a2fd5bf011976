import * as tf from "@tensorflow/tfjs-core";

/** Receives events of the tfjs engine. */
export interface KernelObserver {
  /** Called after a kernel has run. Kernels called by a kernel are part of that kernel. */
  ran(name: string, inputs: object, attributes: object, outputs: readonly tf.Tensor[]): void;
  /** A tensor has been made of numbers. */
  made(tensor: tf.Tensor, values: unknown): void;
  /** The values of tensors with this memory are about to be read. */
  reads(dataId: object): void;
}

/** Runs a function and reports its kernels to the observer. */
export function observeKernels<T>(observer: KernelObserver, run: () => T): T {
  const engine = tf.engine();
  const { runKernel, makeTensor, readSync } = engine;
  let depth = 0;
  const nested = <R>(compute: () => R): R => {
    depth++;
    try {
      return compute();
    } finally {
      depth--;
    }
  };
  engine.runKernel = ((name, inputs, attributes) => {
    const result = nested(() => runKernel.call(engine, name, inputs, attributes));
    const outputs = (Array.isArray(result) ? result : [result]) as tf.Tensor[];
    if (depth === 0) observer.ran(name, inputs, attributes ?? {}, outputs);
    return result;
  }) as typeof engine.runKernel;
  engine.makeTensor = (values, shape, dtype, backend) => {
    const tensor = makeTensor.call(engine, values, shape, dtype, backend);
    if (depth === 0) observer.made(tensor, values);
    return tensor;
  };
  engine.readSync = (dataId) => {
    if (depth === 0) observer.reads(dataId);
    return readSync.call(engine, dataId);
  };
  try {
    return run();
  } finally {
    Object.assign(engine, { runKernel, makeTensor, readSync });
  }
}
