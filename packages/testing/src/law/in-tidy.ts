import * as tf from "@tensorflow/tfjs-core";

/** `tf.tidy` for a function whose result is on the host, which the types of `tf.tidy` do not admit. */
export function inTidy<R>(fn: () => R): R {
  let result: { readonly value: R } | undefined;
  tf.tidy(() => {
    result = { value: fn() };
  });
  return (result as { readonly value: R }).value;
}

/** `tf.tidy` for an async function that nothing else runs beside. */
export async function inScope<R>(fn: () => Promise<R>): Promise<R> {
  tf.engine().startScope("law");
  try {
    return await fn();
  } finally {
    tf.engine().endScope();
  }
}
