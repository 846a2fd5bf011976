import { OptionError } from "@pushforward/core";
import { describeValue } from "@pushforward/core/extend";

const LARGEST = 15;

/** @throws {OptionError} a size of convolution kernels that is not an odd number up to 15. */
export function checkKernelSize(where: string, kernelSize: number): void {
  if (Number.isInteger(kernelSize) && kernelSize % 2 === 1 && kernelSize >= 1 && kernelSize <= LARGEST) return;
  throw new OptionError(
    `${where}: expected kernelSize to be an odd number from 1 to ${LARGEST}, got ${describeValue(kernelSize)}.`,
  );
}
