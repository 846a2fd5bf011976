import { useBackend } from "@pushforward/backend";
import { ContextError, createKey, ShapeError } from "@pushforward/core";
import * as tf from "@tensorflow/tfjs-core";
import { beforeAll, describe, expect, test } from "vitest";
import { BACKENDS } from "../../../testing/test/deep.ts";
import { CylindricalToSphere, GeographicToSphere } from "../sphere.ts";

function numbers(f: () => tf.Tensor): number[] {
  return tf.tidy(() => Array.from(f().dataSync()));
}

for (const backend of BACKENDS) {
  describe(backend, () => {
    beforeAll(() => useBackend(backend));

    test.each([
      ["CylindricalToSphere", new CylindricalToSphere(), [Math.PI, 1]],
      ["GeographicToSphere", new GeographicToSphere(), [90, 180]],
    ] as const)("%s: the log-det is that of the area, √det JᵀJ in float64", (_, coordinates, [first, second]) => {
      const points = Array.from(createKey(3).uniform(40), (u, i) => (1.9 * u - 0.95) * (i % 2 === 0 ? first : second));
      const logDet = numbers(() => coordinates.forwardAndLogDet(tf.tensor2d(points, [20, 2]))[1]);
      const [unitA, unitB] = coordinates instanceof GeographicToSphere ? [Math.PI / 180, Math.PI / 180] : [1, 1];
      const at = (a: number, b: number): number[] => {
        if (coordinates instanceof CylindricalToSphere) {
          return [Math.sqrt(1 - b * b) * Math.cos(a), Math.sqrt(1 - b * b) * Math.sin(a), b];
        }
        const [latitude, longitude] = [a * unitA, b * unitB];
        return [Math.cos(latitude) * Math.cos(longitude), Math.cos(latitude) * Math.sin(longitude), Math.sin(latitude)];
      };
      const h = 1e-5;
      for (let row = 0; row < 20; row++) {
        const [a, b] = [points[2 * row] as number, points[2 * row + 1] as number];
        const slope = (up: number[], down: number[]): number[] => up.map((v, i) => (v - (down[i] as number)) / (2 * h));
        const [p, q] = [slope(at(a + h, b), at(a - h, b)), slope(at(a, b + h), at(a, b - h))];
        const dot = (u: number[], v: number[]): number =>
          u.reduce((sum, value, i) => sum + value * (v[i] as number), 0);
        const expected = 0.5 * Math.log(dot(p, p) * dot(q, q) - dot(p, q) ** 2);
        expect(Math.abs((logDet[row] as number) - expected)).toBeLessThan(1e-4);
      }
    });

    test("comes back from everywhere, the poles included", () => {
      const vectors = Array.from({ length: 200 }, (_, i) => {
        const [x, y, z] = createKey(i).normal(3) as unknown as [number, number, number];
        const length = Math.hypot(x, y, z);
        return [x / length, y / length, z / length];
      });
      vectors.push([0, 0, 1], [0, 0, -1], [-1, 0, 0], [-1, -1e-20, 0]);
      for (const coordinates of [new CylindricalToSphere(), new GeographicToSphere()]) {
        const back = numbers(() => coordinates.forward(coordinates.inverse(tf.tensor2d(vectors))));
        for (const [i, value] of vectors.flat().entries()) {
          // √(1 − z²) near a pole has the error of z over the distance from the axis.
          expect(Math.abs((back[i] as number) - value)).toBeLessThan(1e-5);
        }
      }
    });

    test("gradients are finite at the poles", () => {
      for (const coordinates of [new CylindricalToSphere(), new GeographicToSphere()]) {
        const poles = tf.tensor2d([
          [0, 0, 1],
          [0, 0, -1],
        ]);
        const there = numbers(() =>
          tf.grad((y: tf.Tensor) => {
            const [value, logDet] = coordinates.inverseAndLogDet(y);
            return tf.add(tf.sum(value), tf.sum(logDet));
          })(poles),
        );
        const back = numbers(() =>
          tf.grad((x: tf.Tensor) => tf.sum(coordinates.forward(x)))(coordinates.inverse(poles)),
        );
        for (const value of [...there, ...back]) expect(Number.isFinite(value)).toBe(true);
        poles.dispose();
      }
    });

    test("−∞ off the sphere and beyond the coordinates", () => {
      const cylinder = new CylindricalToSphere();
      const geographic = new GeographicToSphere();
      const infinite = Number.NEGATIVE_INFINITY;
      expect(numbers(() => cylinder.inverseAndLogDet(tf.tensor1d([0, 0, 1.001]))[1])).toEqual([infinite]);
      expect(
        numbers(
          () =>
            cylinder.forwardAndLogDet(
              tf.tensor2d([
                [3.2, 0],
                [0, 1.01],
                [-3.1, -1],
              ]),
            )[1],
        ),
      ).toEqual([infinite, infinite, 0]);
      expect(
        numbers(
          () =>
            geographic.forwardAndLogDet(
              tf.tensor2d([
                [91, 0],
                [0, -181],
              ]),
            )[1],
        ),
      ).toEqual([infinite, infinite]);
    });

    test("refuses other shapes and a context", () => {
      const cylinder = new CylindricalToSphere();
      expect(() => cylinder.forward(tf.zeros([4, 3]))).toThrow(
        new ShapeError("CylindricalToSphere.forward: expected two coordinates, an event of shape [2], got shape [3]."),
      );
      expect(() => cylinder.inverseShape([2])).toThrow(ShapeError);
      expect(() => cylinder.forward(tf.zeros([2]), tf.zeros([1]))).toThrow(ContextError);
    });
  });
}
