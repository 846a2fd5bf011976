/** The flag of an option of the library: `tailBound` is `--tail-bound`. */
export function flagName(option: string): string {
  // --version is taken.
  if (option === "version") return "--zuko-version";
  return `--${option.replaceAll(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`;
}
