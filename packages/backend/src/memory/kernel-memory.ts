import type { Shape } from "@pushforward/core";
import { sizeOf } from "@pushforward/core/extend";
import type * as tf from "@tensorflow/tfjs-core";

/** Numbers of a tensor, in the memory of its backend. */
type KernelValues = Float32Array | Int32Array | Uint8Array;

type NumericDataType = "float32" | "int32" | "bool";

interface CpuMemory {
  readonly data: { get(id: object): { values: KernelValues } };
  disposeData(id: object): boolean;
  makeTensorInfo(shape: number[], dtype: NumericDataType, values: KernelValues): tf.TensorInfo;
}

/** Data record of a tensor in the backend, with fields that this module adds at the end. */
interface WasmData {
  /** Number that identifies the data in the WebAssembly code. */
  id: number;
  readonly memoryOffset: number;
  /** Number of tensors that share the data. It also changes if the data are freed or move to a different backend. */
  readonly refCount: number;
  /** How often they were overwritten where they are, and how often when copies were forgotten. */
  writes?: number;
  forgotten?: number;
}

interface WasmMemory {
  readonly dataIdMap: { get(id: object): WasmData };
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
 * Access to the tensors of the `cpu` and the `wasm` backend for a kernel written in TypeScript.
 *
 * An allocation may grow the WebAssembly memory, which detaches every view of it. Allocate all outputs first, then take
 * the views.
 */
export interface KernelMemory {
  /** A new tensor; its values are undefined until they are written. */
  allocate(shape: Shape, dtype: NumericDataType): tf.TensorInfo;
  /** A view of the values, valid until the next allocation. */
  values(info: tf.TensorInfo): KernelValues;
  /** The values of tensors that are computed with again and again. */
  hold(tensors: readonly tf.TensorInfo[]): HeldValues;
  /**
   * Lets `change` read and overwrite the values of a tensor that shares its data with no other tensor. On `wasm` this
   * happens in place; on `cpu` in a copy, because the old array may have been handed out.
   */
  change(info: tf.TensorInfo, change: (own: KernelValues) => void): void;
  /** Frees an allocation that is not returned. */
  free(info: tf.TensorInfo): void;
}

/** The values of some tensors, looked up once. */
export interface HeldValues {
  readonly values: readonly KernelValues[];
  /**
   * True if the values are still in the place of the data of the tensors. Then no tensor has started or stopped sharing
   * its data since.
   */
  readonly isCurrent: boolean;
  /**
   * Replaces the values of the tensor with this index, which shares its data with no other tensor. `write` fills the
   * array that it receives. On `wasm` this is the view of the old values; on `cpu` it is a new array, because the old
   * one may have been handed out.
   */
  replace(index: number, write: (next: KernelValues) => void): void;
  /** A number that stays the same as long as nobody writes over the values by `replace` or `change`; NaN: not known. */
  writesOf(index: number): number;
}

/** The memory of the backend that a kernel has been given. */
export function kernelMemory(backend: unknown): KernelMemory {
  return isWasm(backend)
    ? {
        allocate: (shape, dtype) => backend.makeOutput([...shape], dtype),
        values: (info) => viewOf(backend, info),
        hold: (tensors) => new WasmHold(backend, tensors),
        change: (info, change) => {
          change(viewOf(backend, info));
          noteWrite(backend.dataIdMap.get(info.dataId));
        },
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

class WasmHold implements HeldValues {
  readonly values: readonly KernelValues[];
  private readonly backend: WasmMemory;
  private readonly tensors: readonly tf.TensorInfo[];
  private readonly ids: readonly object[];
  private readonly data: readonly WasmData[];
  private readonly refCounts: readonly number[];
  private readonly buffer: ArrayBufferLike;

  constructor(backend: WasmMemory, tensors: readonly tf.TensorInfo[]) {
    this.backend = backend;
    this.tensors = tensors;
    this.ids = tensors.map(({ dataId }) => dataId);
    // First all that may move the memory: what another backend had.
    this.data = this.ids.map((id) => backend.dataIdMap.get(id));
    this.refCounts = this.data.map(({ refCount }) => refCount);
    this.values = tensors.map((tensor) => viewOf(backend, tensor));
    this.buffer = backend.wasm.HEAPU8.buffer;
  }

  get isCurrent(): boolean {
    const { tensors, ids, data, refCounts } = this;
    if (this.backend.wasm.HEAPU8.buffer !== this.buffer) return false;
    for (let i = 0; i < ids.length; i++) {
      if (tensors[i]?.dataId !== ids[i] || data[i]?.refCount !== refCounts[i]) return false;
    }
    return true;
  }

  replace(index: number, write: (next: KernelValues) => void): void {
    write(this.values[index] as KernelValues);
    noteWrite(this.data[index] as WasmData);
  }

  writesOf(index: number): number {
    return this.data[index]?.writes ?? 0;
  }
}

function noteWrite(data: WasmData): void {
  data.writes = (data.writes ?? 0) + 1;
}

/**
 * Matrix products and convolutions of tfjs cache packed copies of their right-hand sides by tensor number. This
 * function drops the copies before a kernel of tfjs reads values that were overwritten since.
 */
export function forgetCopies(wasmBackend: object, tensor: tf.TensorInfo | null | undefined): void {
  // Optional inputs of kernels.
  if (tensor == null) return;
  const backend = wasmBackend as WasmMemory;
  const { shape, dataId } = tensor;
  const data = backend.dataIdMap.get(dataId);
  if (data?.writes === data?.forgotten) return;
  data.forgotten = data.writes as number;
  backend.wasm.tfjs.disposeData(data.id);
  data.id = backend.dataIdNextNumber++;
  backend.wasm.tfjs.registerTensor(data.id, sizeOf(shape), data.memoryOffset);
}

function cpuMemory(backend: CpuMemory): KernelMemory {
  return {
    allocate: (shape, dtype) => backend.makeTensorInfo([...shape], dtype, new arrays[dtype](sizeOf(shape))),
    values: (info) => backend.data.get(info.dataId).values,
    hold: (tensors) => new CpuHold(backend, tensors),
    change: ({ dataId }, change) => {
      const data = backend.data.get(dataId);
      const next = data.values.slice();
      change(next);
      data.values = next;
    },
    free: (info) => backend.disposeData(info.dataId),
  };
}

class CpuHold implements HeldValues {
  readonly values: KernelValues[];
  private readonly backend: CpuMemory;
  private readonly tensors: readonly tf.TensorInfo[];

  constructor(backend: CpuMemory, tensors: readonly tf.TensorInfo[]) {
    this.backend = backend;
    this.tensors = tensors;
    this.values = tensors.map(({ dataId }) => backend.data.get(dataId).values);
  }

  // Whether data are shared is not looked at.
  get isCurrent(): boolean {
    return false;
  }

  replace(index: number, write: (next: KernelValues) => void): void {
    const { shape, dtype, dataId } = this.tensors[index] as tf.TensorInfo;
    const next = new arrays[dtype as NumericDataType](sizeOf(shape));
    write(next);
    this.backend.data.get(dataId).values = next;
    this.values[index] = next;
  }

  writesOf(): number {
    return Number.NaN;
  }
}

function isWasm(backend: unknown): backend is WasmMemory {
  return typeof backend === "object" && backend !== null && "typedArrayFromHeap" in backend;
}

const arrays = { float32: Float32Array, int32: Int32Array, bool: Uint8Array };
