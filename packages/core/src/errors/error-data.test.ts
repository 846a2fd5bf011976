import { expect, test } from "vitest";
import { BackendError, DataError, OptionError, PushforwardError, ShapeError, TrainingDivergedError } from "../index.ts";
import { errorFromData, errorToData } from "../plain.ts";

const detail = { step: 3, epoch: 1, learningRate: 0.1, loss: Number.NaN, parameter: "table" };

test.each([
  new ShapeError("a: expected b, got c."),
  new OptionError("a: expected b, got c."),
  new BackendError("a: expected b, got c."),
  new DataError("a: expected b, got c.", { row: 3, column: "x" }),
  new TrainingDivergedError("a: expected b, got c.", detail),
])("$name comes back as the same, through a message", (error) => {
  const back = errorFromData(structuredClone(errorToData(error)));
  expect(back).toBeInstanceOf(error.constructor);
  expect(back).toEqual(error);
  expect(back.stack).toBe(error.stack);
});

test("other errors keep their message, and what is no error becomes one", () => {
  const back = errorFromData(errorToData(new RangeError("too long")));
  expect(back.message).toBe("too long");
  expect(back).not.toBeInstanceOf(PushforwardError);
  expect(errorFromData(errorToData("gone")).message).toBe("gone");
});
