import { type Shape, sizeOf } from "@pushforward/core";
import type * as tf from "@tensorflow/tfjs-core";

/** Numbers of a tensor, in the memory of its backend. */
type KernelValues = Float32Array | Int32Array | Uint8Array;

type NumericDataType = "float32" | "int32" | "bool";

interface CpuMemory {
  readonly data: { get(id: object): { values: KernelValues } };
  disposeData(id: object): boolean;
  makeTensorInfo(shape: number[], dtype: NumericDataType, values: KernelValues): tf.TensorInfo;
}

interface WasmMemory {
  readonly dataIdMap: { get(id: object): { id: number; readonly memoryOffset: number } };
  /** The next of the numbers by which the WebAssembly code knows tensors. */
  dataIdNextNumber: number;
  readonly wasm: {
    readonly HEAPU8: Uint8Array;
    readonly tfjs: {
      registerTensor(id: number, size: number, memoryOffset: number): void;
      disposeData(id: number): void;
    };
  };
  disposeData(id: object): boolean;
  makeOutput(shape: number[], dtype: NumericDataType): tf.TensorInfo;
  typedArrayFromHeap(info: tf.TensorInfo): KernelValues;
}

/**
 * How a kernel written in TypeScript reaches the tensors of the `cpu` and the `wasm` backend.
 *
 * An allocation may grow the WebAssembly memory, which detaches every view of it: allocate all outputs first, then take
 * the views.
 */
export interface KernelMemory {
  /** A new tensor; its values are undefined until they are written. */
  allocate(shape: Shape, dtype: NumericDataType): tf.TensorInfo;
  /** A view of the values, valid until the next allocation. */
  values(info: tf.TensorInfo): KernelValues;
  /**
   * New values for a tensor that shares its data with no other, written by `write` to the array that it is given. On
   * `wasm` this is the view of the old ones; on `cpu` another array, because the old one may have been handed out.
   */
  replace(info: tf.TensorInfo, write: (next: KernelValues) => void): void;
  /**
   * Lets `change` see the values of a tensor that shares its data with no other, and write new ones over them: on `wasm`
   * where they are; on `cpu` to a copy, because the old array may have been handed out.
   */
  change(info: tf.TensorInfo, change: (own: KernelValues) => void): void;
  /** Gives back what was allocated and is not returned. */
  free(info: tf.TensorInfo): void;
}

/** The memory of the backend that a kernel has been given. */
export function kernelMemory(backend: unknown): KernelMemory {
  return isWasm(backend)
    ? {
        allocate: (shape, dtype) => backend.makeOutput([...shape], dtype),
        values: (info) => viewOf(backend, info),
        replace: (info, write) => overwrite(backend, info, write),
        change: (info, change) => overwrite(backend, info, change),
        free: (info) => backend.disposeData(info.dataId),
      }
    : cpuMemory(backend as CpuMemory);
}

/** The last view of each tensor's data: a step of training wants hundreds, and making one takes longer than finding it. */
const views = new WeakMap<object, KernelValues>();

function viewOf(backend: WasmMemory, info: tf.TensorInfo): KernelValues {
  const { memoryOffset } = backend.dataIdMap.get(info.dataId);
  const known = views.get(info.dataId);
  if (known?.byteOffset === memoryOffset && known.buffer === backend.wasm.HEAPU8.buffer) return known;
  const view = backend.typedArrayFromHeap(info);
  views.set(info.dataId, view);
  return view;
}

function overwrite(backend: WasmMemory, info: tf.TensorInfo, write: (values: KernelValues) => void): void {
  write(viewOf(backend, info));
  forgetCopies(backend, info);
}

// Matrix products and convolutions keep packed copies of their right-hand sides by the number of the tensor.
function forgetCopies(backend: WasmMemory, { shape, dataId }: tf.TensorInfo): void {
  const data = backend.dataIdMap.get(dataId);
  backend.wasm.tfjs.disposeData(data.id);
  data.id = backend.dataIdNextNumber++;
  backend.wasm.tfjs.registerTensor(data.id, sizeOf(shape), data.memoryOffset);
}

function cpuMemory(backend: CpuMemory): KernelMemory {
  return {
    allocate: (shape, dtype) => backend.makeTensorInfo([...shape], dtype, new arrays[dtype](sizeOf(shape))),
    values: (info) => backend.data.get(info.dataId).values,
    replace: ({ shape, dtype, dataId }, write) => {
      const next = new arrays[dtype as NumericDataType](sizeOf(shape));
      write(next);
      backend.data.get(dataId).values = next;
    },
    change: ({ dataId }, change) => {
      const data = backend.data.get(dataId);
      const next = data.values.slice();
      change(next);
      data.values = next;
    },
    free: (info) => backend.disposeData(info.dataId),
  };
}

function isWasm(backend: unknown): backend is WasmMemory {
  return typeof backend === "object" && backend !== null && "typedArrayFromHeap" in backend;
}

const arrays = { float32: Float32Array, int32: Int32Array, bool: Uint8Array };
