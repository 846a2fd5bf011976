import * as tf from "@tensorflow/tfjs-core";
import { beforeAll, describe, expect, test } from "vitest";
import { useBackend } from "../index.ts";
import { kernelOverrides } from "./kernel-overrides.ts";

type Op = (...inputs: tf.Tensor[]) => tf.Tensor;

/** Gradients of Σ w·f(x) by the tape against central differences (fourth order) of the same function. */
function checkGradients(f: Op, inputs: tf.Tensor[], tolerance = 3e-3): void {
  tf.tidy(() => {
    const loss: Op = (...x) => {
      const y = f(...x);
      const weights = Float32Array.from({ length: y.size }, (_, i) => Math.sin(i + 1) + 0.3);
      return tf.sum(tf.mul(y, tf.tensor(weights, y.shape)));
    };
    const gradients = tf.grads(loss)(inputs);
    for (const [k, input] of inputs.entries()) {
      const values = input.dataSync();
      const gradient = (gradients[k] as tf.Tensor).dataSync();
      expect((gradients[k] as tf.Tensor).shape).toEqual(input.shape);
      for (let i = 0; i < values.length; i++) {
        const at = (h: number): number => {
          const moved = Float32Array.from(values);
          moved[i] = (values[i] as number) + h;
          const others = inputs.map((t, j) => (j === k ? tf.tensor(moved, input.shape) : t));
          return loss(...others).dataSync()[0] as number;
        };
        const h = 1e-2;
        const slope = (8 * (at(h) - at(-h)) - (at(2 * h) - at(-2 * h))) / (12 * h);
        const scale = Math.max(1, Math.abs(slope));
        expect(Math.abs((gradient[i] as number) - slope) / scale, `input ${k}, entry ${i}`).toBeLessThan(tolerance);
      }
    }
  });
}

const ramp = (shape: number[], seed = 0): tf.Tensor =>
  tf.tensor(
    Float32Array.from({ length: shape.reduce((a, b) => a * b, 1) }, (_, i) => Math.sin(1.7 * (i + seed)) + 0.1 * i),
    shape,
  );

/** Row-major matrix product in float64. */
function product(a: ArrayLike<number>, b: ArrayLike<number>, n: number, k: number, m: number): number[] {
  return Array.from({ length: n * m }, (_, at) => {
    let sum = 0;
    for (let j = 0; j < k; j++) sum += (a[Math.floor(at / m) * k + j] as number) * (b[j * m + (at % m)] as number);
    return sum;
  });
}

function expectClose(actual: tf.Tensor, expected: ArrayLike<number>, tolerance = 2e-6): void {
  const values = actual.dataSync();
  expect(values.length).toBe(expected.length);
  for (let i = 0; i < values.length; i++) {
    const want = expected[i] as number;
    const error = Math.abs((values[i] as number) - want) / Math.max(1, Math.abs(want));
    if (!(error < tolerance)) expect.fail(`entry ${i}: expected ${want}, got ${values[i]}`);
  }
}

for (const backend of ["cpu", "wasm"] as const) {
  describe(backend, () => {
    beforeAll(() => useBackend(backend));

    test("rows and one for all of them, in either order", () => {
      tf.tidy(() => {
        const operations = [tf.add, tf.sub, tf.mul, tf.div] as const;
        const exact = [
          (a: number, b: number) => a + b,
          (a: number, b: number) => a - b,
          (a: number, b: number) => a * b,
          (a: number, b: number) => a / b,
        ];
        const shapes = [
          [[7, 2], [2]],
          [
            [7, 2],
            [1, 2],
          ],
          [[3, 5, 3], [3]],
          [[100, 3], [3]],
          [
            [5, 130],
            [1, 130],
          ],
          [[2, 1], [1]],
          [[1, 4], [4]],
          [
            [4, 3],
            [4, 1],
          ],
          [
            [2, 2, 2],
            [2, 2],
          ],
          [[2], [1, 1, 2]],
        ] as const;
        for (const [first, second] of shapes) {
          const [x, y] = [ramp([...first]), ramp([...second], 3)];
          const special =
            x.size > 5 ? tf.tensor([Number.NaN, -0, Number.POSITIVE_INFINITY, 1e38, 1e-40], [5]) : undefined;
          const a =
            special === undefined ? x : tf.reshape(tf.concat([special, tf.slice(tf.reshape(x, [x.size]), 5)]), x.shape);
          for (const [k, operation] of operations.entries()) {
            for (const [left, right] of [
              [a, y],
              [y, a],
            ] as const) {
              const got = operation(left, right);
              const shape = tf.backend_util.assertAndGetBroadcastShape(left.shape, right.shape);
              const [l, r] = [tf.broadcastTo(left, shape).dataSync(), tf.broadcastTo(right, shape).dataSync()];
              expect(got.shape).toEqual(shape);
              const want = Float32Array.from(l, (v, i) => (exact[k] as (typeof exact)[number])(v, r[i] as number));
              // The cpu backend rounds as well; what is smaller than normal numbers may be lost.
              expect(Array.from(got.dataSync(), Math.abs)).toEqual(Array.from(want, Math.abs));
            }
          }
          // Sums of many large numbers say little about slopes.
          if (x.size > 0 && x.size < 20) checkGradients(operations[2] as Op, [x, y]);
        }
        const integers = tf.add(
          tf.tensor2d(
            [
              [1, 2],
              [3, 4],
            ],
            [2, 2],
            "int32",
          ),
          tf.tensor1d([10, 20], "int32"),
        );
        expect(tf.add(tf.zeros([0, 2]), tf.zeros([2])).shape).toEqual([0, 2]);
        expect([integers.dtype, ...integers.dataSync()]).toEqual(["int32", 11, 22, 13, 24]);
      });
    });

    test("sums over the first axes of few and of many rows and columns", () => {
      tf.tidy(() => {
        for (const shape of [
          [1, 2],
          [2, 3],
          [7, 8],
          [33, 9],
          [600, 2],
          [600, 20],
          [5, 4, 3],
        ]) {
          const x = ramp(shape);
          const values = x.dataSync();
          const [rows, columns] = [shape[0] as number, x.size / (shape[0] as number)];
          const want = Array.from({ length: columns }, (_, j) => {
            let sum = 0;
            for (let i = 0; i < rows; i++) sum += values[i * columns + j] as number;
            return sum;
          });
          expectClose(tf.reshape(tf.sum(x, 0), [columns]), want);
          expectClose(
            tf.reshape(tf.mean(x, 0, true), [columns]),
            want.map((sum) => sum / rows),
          );
        }
      });
    });

    test("what the tape keeps shares its values, and a clone is a copy", () => {
      const x = tf.tensor1d([1, 2, 3]);
      const before = tf.memory().numBytes;
      const loss = (v: tf.Tensor): tf.Tensor => tf.sum(tf.square(v));
      const [y, copy] = [tf.grad(loss)(x), tf.clone(x)];
      expect([...y.dataSync()]).toEqual([2, 4, 6]);
      x.dispose();
      expect([...copy.dataSync()]).toEqual([1, 2, 3]);
      tf.dispose([y, copy]);
      expect(tf.memory().numBytes).toBe(before - 12);
    });

    test("comparisons and logic may stand on the tape", () => {
      const comparisons: Op[] = [tf.greater, tf.greaterEqual, tf.less, tf.lessEqual, tf.equal, tf.notEqual] as Op[];
      const x = tf.tensor1d([-1, 2, 0.5]);
      for (const compare of comparisons) {
        tf.tidy(() => {
          const f = (v: tf.Tensor): tf.Tensor => {
            const left = compare(v, tf.scalar(0.5));
            const right = tf.logicalNot(compare(tf.scalar(1), v));
            const condition = tf.logicalXor(tf.logicalAnd(left, right), tf.logicalOr(left, right));
            return tf.sum(tf.where(condition, tf.square(v), tf.add(tf.mul(v, 3), tf.cast(left, "float32"))));
          };
          const gradient = tf.grad(f)(x);
          expect(gradient.dtype).toBe("float32");
          for (const [i, g] of [...gradient.dataSync()].entries()) {
            const value = x.dataSync()[i] as number;
            expect([2 * value, 3]).toContain(g);
          }
        });
      }
      const reduced = tf.tidy(() => [
        ...tf
          .grad((v) => tf.sum(tf.mul(v, tf.cast(tf.any(tf.greater(v, 1)), "float32"))))(x)
          .dataSync(),
      ]);
      expect(reduced).toEqual([1, 1, 1]);
      x.dispose();
    });

    test("logicalXor broadcasts", () => {
      tf.tidy(() => {
        const a = tf.tensor2d([1, 0], [2, 1], "bool");
        const b = tf.tensor1d([1, 0, 1], "bool");
        expect([...tf.logicalXor(a, b).dataSync()]).toEqual([0, 1, 0, 1, 0, 1]);
      });
    });

    test.each([
      [
        [3, 4],
        [4, 2],
      ],
      [
        [2, 3, 4],
        [2, 4, 2],
      ],
      [
        [2, 3, 4],
        [4, 2],
      ],
      [
        [3, 4],
        [2, 4, 2],
      ],
      [
        [2, 1, 3, 4],
        [1, 3, 4, 2],
      ],
      [
        [2, 2, 3, 4],
        [2, 4, 2],
      ],
      [
        [2, 3, 3, 4],
        [2, 1, 4, 2],
      ],
    ])("matMul %j × %j: values and gradients for every transpose", (shapeA, shapeB) => {
      for (const transposeA of [false, true]) {
        for (const transposeB of [false, true]) {
          tf.tidy(() => {
            const flip = (s: number[]): number[] => [
              ...s.slice(0, -2),
              s[s.length - 1] as number,
              s[s.length - 2] as number,
            ];
            const a = ramp(transposeA ? flip(shapeA) : shapeA);
            const b = ramp(transposeB ? flip(shapeB) : shapeB, 5);
            const f: Op = (x, y) => tf.matMul(x as tf.Tensor, y as tf.Tensor, transposeA, transposeB);
            const value = f(a, b);
            // Reference: broadcast by hand, multiply matrix by matrix in float64.
            const batch = value.shape.slice(0, -2);
            const expand = (t: tf.Tensor, transposed: boolean): Float32Array => {
              const rank = t.rank;
              const order = [...Array(rank - 2).keys(), rank - 1, rank - 2];
              const plain = transposed ? tf.transpose(t, order) : t;
              return tf.broadcastTo(plain, [...batch, ...plain.shape.slice(-2)]).dataSync() as Float32Array;
            };
            const [left, right] = [expand(a, transposeA), expand(b, transposeB)];
            const count = batch.reduce((p, q) => p * q, 1);
            const expected = Array.from({ length: count }, (_, i) =>
              product(left.subarray(i * 12, i * 12 + 12), right.subarray(i * 8, i * 8 + 8), 3, 4, 2),
            ).flat();
            expectClose(value, expected);
            checkGradients(f, [a, b]);
          });
        }
      }
    });

    test("fused.matMul with transposes: values and gradients", () => {
      for (const transposeA of [false, true]) {
        for (const transposeB of [false, true]) {
          tf.tidy(() => {
            const a = ramp(transposeA ? [4, 3] : [3, 4]) as tf.Tensor2D;
            const b = ramp(transposeB ? [2, 4] : [4, 2], 5) as tf.Tensor2D;
            const bias = ramp([2], 9);
            const f: Op = (x, y, z) =>
              tf.fused.matMul({
                a: x as tf.Tensor2D,
                b: y as tf.Tensor2D,
                bias: z as tf.Tensor,
                transposeA,
                transposeB,
              });
            expectClose(f(a, b, bias), tf.add(tf.matMul(a, b, transposeA, transposeB), bias).dataSync());
            checkGradients(f, [a, b, bias]);
          });
        }
      }
    });

    test("cumsum: every axis, negative ones, exclusive and reverse", () => {
      for (const axis of [0, 1, 2, -1, -2, -3]) {
        for (const exclusive of [false, true]) {
          for (const reverse of [false, true]) {
            tf.tidy(() => {
              const x = ramp([2, 3, 4]);
              const at = (axis + 3) % 3;
              const n = x.shape[at] as number;
              const stride = [12, 4, 1][at] as number;
              const values = x.dataSync();
              const expected = [...values].map((_, index) => {
                const i = Math.floor(index / stride) % n;
                let sum = 0;
                for (let j = 0; j < n; j++) {
                  const counts = reverse ? j >= i : j <= i;
                  if (counts && !(exclusive && j === i)) sum += values[index + (j - i) * stride] as number;
                }
                return sum;
              });
              expectClose(tf.cumsum(x, axis, exclusive, reverse), expected);
              checkGradients((v) => tf.cumsum(v as tf.Tensor, axis, exclusive, reverse), [x]);
            });
          }
        }
      }
    });

    test("cumsum of a million steps ends where it should", () => {
      tf.tidy(() => {
        const sums = tf.cumsum(tf.fill([1_000_000], 0.1)).dataSync();
        expect(Math.abs((sums[999_999] as number) / 100_000 - 1)).toBeLessThan(1e-6);
      });
    });

    test("prod: gradient, also with zeros and over several axes", () => {
      tf.tidy(() => {
        const x = tf.tensor3d([1, 2, 0, 0, 0, 3, -1, 0.5, 2, 1.5, 0, 2], [2, 3, 2]);
        for (const axis of [undefined, 0, 1, [0, 2], [-1]]) {
          checkGradients((v) => tf.prod(v as tf.Tensor, axis), [x]);
        }
      });
    });

    test("maximum and minimum: gradients of inputs that broadcast; of equal ones the first gets it all", () => {
      tf.tidy(() => {
        const a = tf.tensor2d([1, 5, 3, 2, 2, 2], [2, 3]);
        const b = tf.tensor1d([2, 2, 3]);
        const dy = tf.tensor2d([1, 2, 4, 8, 16, 32], [2, 3]);
        const both = (f: typeof tf.maximum, x: tf.Tensor, y: tf.Tensor): number[][] =>
          tf
            .grads((p, q) => f(p as tf.Tensor, q as tf.Tensor))([x, y], dy)
            .map((g) => [...g.dataSync()]);
        expect(both(tf.maximum, a, b)).toEqual([
          [0, 2, 4, 8, 16, 0],
          [1, 0, 32],
        ]);
        expect(both(tf.minimum, b, a)).toEqual([
          [8, 2 + 16, 4],
          [1, 0, 0, 0, 0, 32],
        ]);
      });
    });

    test("gather: values with batch axes and gradients", () => {
      const cases: [number[], number[][] | number[], number, number][] = [
        [[4, 3], [2, 0, 2], 0, 0],
        [[4, 3], [2, 0, 2, 1], 1, 0],
        [[4, 3], [2, 0, 2, 1], -1, 0],
        [
          [2, 3, 2],
          [
            [1, 0],
            [2, 2],
          ],
          1,
          0,
        ],
        [[4, 6], [[1], [0], [5], [2]], 1, 1],
        [
          [2, 3, 4],
          [
            [3, 0, 3],
            [1, 1, 2],
          ],
          2,
          1,
        ],
        [
          [2, 3, 2],
          [
            [1, 0],
            [2, 2],
          ],
          1,
          1,
        ],
      ];
      for (const [shape, chosen, axis, batchDims] of cases) {
        tf.tidy(() => {
          const x = ramp(shape);
          const indices = tf.tensor(chosen, undefined, "int32");
          const y = tf.gather(x, indices as tf.Tensor1D, axis, batchDims);
          const at = axis < 0 ? axis + shape.length : axis;
          const flat = chosen.flat();
          const count = flat.length / shape.slice(0, batchDims).reduce((a, b) => a * b, 1);
          const outer = shape.slice(batchDims, at).reduce((a, b) => a * b, 1);
          const size = shape[at] as number;
          const slice = shape.slice(at + 1).reduce((a, b) => a * b, 1);
          const values = x.dataSync();
          const expected = Array.from({ length: y.size }, (_, i) => {
            const s = i % slice;
            const c = Math.floor(i / slice) % count;
            const block = Math.floor(i / (slice * count));
            const index = flat[Math.floor(block / outer) * count + c] as number;
            return values[(block * size + index) * slice + s] as number;
          });
          expect([...y.dataSync()]).toEqual(expected);
          checkGradients((v) => tf.gather(v as tf.Tensor, indices as tf.Tensor1D, axis, batchDims), [x]);
        });
      }
    });

    test("unsortedSegmentSum: values, ids outside, gradient", () => {
      tf.tidy(() => {
        const x = tf.tensor2d([1, 2, 3, 4, 5, 6, 7, 8], [4, 2]);
        const ids = tf.tensor1d([2, 0, 2, 5], "int32");
        expect([...tf.unsortedSegmentSum(x, ids, 3).dataSync()]).toEqual([3, 4, 0, 0, 6, 8]);
        checkGradients((v) => tf.unsortedSegmentSum(v as tf.Tensor, tf.tensor1d([2, 0, 2, 1], "int32"), 3), [x]);
      });
    });

    test("log1p keeps small numbers, at and outside the edges", () => {
      tf.tidy(() => {
        const values = [1e-8, -1e-8, 1e-20, 1e-45, 0, 1, 1e30, -0.5, -0.9999999];
        const logs = tf.log1p(tf.tensor1d(values)).dataSync();
        for (const [i, value] of values.entries()) {
          const want = Math.log1p(Math.fround(value));
          expect(Math.abs((logs[i] as number) - want)).toBeLessThanOrEqual(1e-7 * Math.abs(want));
        }
        const [pole, outside, nan] = tf.log1p(tf.tensor1d([-1, -2, Number.NaN])).dataSync();
        expect([pole, outside, nan]).toEqual([Number.NEGATIVE_INFINITY, Number.NaN, Number.NaN]);
        checkGradients((v) => tf.log1p(v as tf.Tensor), [tf.tensor1d([0.1, 2, -0.5])]);
      });
    });

    test("NaN stays NaN; infinities are clamped; the sign of a tiny number counts", () => {
      tf.tidy(() => {
        const x = tf.tensor1d([Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, 3, -3, 1e-30, -1e-30]);
        const [low, high] = [-2, 2];
        expect([...tf.clipByValue(x, low, high).dataSync()].slice(0, 5)).toEqual([Number.NaN, 2, -2, 2, -2]);
        expect([...tf.relu6(x).dataSync()].slice(0, 5)).toEqual([Number.NaN, 6, 0, 3, 0]);
        expect([...tf.sign(x).dataSync()]).toEqual([Number.NaN, 1, -1, 1, -1, 1, -1]);
        const unary: readonly ((x: tf.Tensor) => tf.Tensor)[] = [
          tf.relu,
          tf.elu,
          tf.selu,
          tf.leakyRelu,
          tf.tanh,
          tf.sigmoid,
          tf.softplus,
          tf.abs,
          tf.exp,
          tf.log,
        ];
        for (const f of unary) expect(f(tf.scalar(Number.NaN)).dataSync()[0], f.name).toBeNaN();
        checkGradients((v) => tf.clipByValue(v as tf.Tensor, low, high), [tf.tensor1d([-3, -1, 1, 3])]);
        checkGradients((v) => tf.relu6(v as tf.Tensor), [tf.tensor1d([-3, 1, 7])]);
      });
    });

    test("sum and mean are exact at scale", () => {
      tf.tidy(() => {
        const rows = 1_000_000;
        const values = new Float32Array(rows);
        let total = 0;
        for (let i = 0; i < rows; i++) {
          values[i] = 10_000.1 + Math.sin(i);
          total += values[i] as number;
        }
        const mean = total / rows;
        const x = tf.tensor1d(values);
        const relative = (t: tf.Tensor, want: number): number => Math.abs((t.dataSync()[0] as number) / want - 1);
        expect(relative(tf.mean(x), mean)).toBeLessThan(1e-7);
        expect(relative(tf.sum(x), total)).toBeLessThan(1e-7);
        expect(relative(tf.mean(tf.reshape(x, [1000, 1000])), mean)).toBeLessThan(1e-7);
        const columns = tf.reshape(x, [rows / 2, 2]);
        let even = 0;
        for (let i = 0; i < rows; i += 2) even += values[i] as number;
        expect(relative(tf.mean(columns, 0), even / (rows / 2))).toBeLessThan(1e-7);
        expect(relative(tf.sum(columns, [0, 1], true), total)).toBeLessThan(1e-7);
        expect(
          tf
            .grad((v) => tf.mean(v))(x)
            .dataSync()[rows - 1],
        ).toBeCloseTo(1 / rows, 12);
      });
    });

    test("sum and mean over any axes, short and long", () => {
      for (const shape of [
        [3, 4, 5],
        [2, 600, 3],
        [600, 2, 3],
        [30, 2, 30],
      ]) {
        for (const axes of [[0], [1], [2], [0, 1], [1, 2], [0, 2], [0, 1, 2], [-1], [-1, 0]]) {
          tf.tidy(() => {
            const x = ramp(shape);
            const reduced = axes.map((a) => (a + 3) % 3);
            const kept = shape.map((size, i) => (reduced.includes(i) ? 1 : size));
            const expected = new Float64Array(kept.reduce((a, b) => a * b, 1));
            const [, n1, n2] = shape as [number, number, number];
            const [, k1, k2] = kept as [number, number, number];
            for (const [i, value] of x.dataSync().entries()) {
              const index = [Math.floor(i / (n1 * n2)), Math.floor(i / n2) % n1, i % n2];
              const [a, b, c] = index.map((v, axis) => (reduced.includes(axis) ? 0 : v)) as [number, number, number];
              expected[(a * k1 + b) * k2 + c] = (expected[(a * k1 + b) * k2 + c] as number) + value;
            }
            const count = x.size / expected.length;
            const sum = tf.sum(x, axes, true);
            expect(sum.shape).toEqual(kept);
            expectClose(sum, expected, 1e-5);
            expectClose(
              tf.mean(x, axes),
              expected.map((v) => v / count),
              1e-5,
            );
          });
        }
      }
      tf.tidy(() => {
        expect(tf.sum(tf.fill([1000], 3, "int32")).dtype).toBe("int32");
        expect(tf.sum(tf.fill([1000], 3, "int32")).dataSync()[0]).toBe(3000);
        expect(tf.sum(tf.fill([1000], 1, "bool")).dataSync()[0]).toBe(1000);
        expect(tf.mean(tf.fill([1000], 3, "int32")).dataSync()[0]).toBe(3);
        expect(tf.sum(tf.zeros([0, 3]), 0).dataSync()).toEqual(new Float32Array(3));
      });
    });

    test("asking for the overrides again does not stack them", () => {
      const kernel = tf.getKernel("BatchMatMul", backend);
      const again = kernelOverrides(backend).find(({ kernelName }) => kernelName === "BatchMatMul");
      expect(again).toBeDefined();
      expect(again?.setupFunc).toBe(kernel.setupFunc);
      expect(kernelOverrides("webgl")).toEqual([]);
    });

    test("no override leaks", () => {
      const before = tf.memory();
      const arrays = tf.backend().numDataIds();
      tf.tidy(() => {
        const a = ramp([2, 1, 3, 4]);
        const b = ramp([1, 3, 4, 2]);
        tf.grad((x) => tf.sum(tf.matMul(x, b)))(a);
        tf.grad((x) => tf.sum(tf.square(tf.cumsum(x, 0))))(a);
        tf.grad((x) => tf.sum(tf.gather(x, tf.tensor1d([0, 0], "int32"))))(a);
        tf.grad((x) => tf.sum(tf.square(tf.prod(x, 1))))(a);
        tf.sum(ramp([30, 2, 30]), [0, 2]);
        tf.mean(ramp([30, 2, 30]), [0, 2]);
      });
      expect(tf.memory().numTensors).toBe(before.numTensors);
      expect(tf.backend().numDataIds()).toBe(arrays);
    });
  });
}
