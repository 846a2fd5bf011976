import type { OptionMention } from "@pushforward/core/extend";

/** The flag of an option of the library: `tailBound` is `--tail-bound`. */
export function flagName(option: string): string {
  // --version is taken.
  if (option === "version") return "--zuko-version";
  return `--${option.replaceAll(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`;
}

/** What the command line says where an error of the library names one of its options. */
export function flagWords({ option, value }: OptionMention): string {
  switch (option) {
    case "kinds":
      return "leave it out of --columns";
    case "missingValues":
      return "declare it with --na";
    case "decimal":
      return `pass --decimal ${value}`;
    case "encoding":
      return `pass --encoding ${value}`;
    case "header":
      return value === true ? "pass --header" : "pass --no-header";
    case "architecture":
      return "a flow of a fixed form (--flow maf)";
    default:
      return value === undefined ? flagName(option) : `${flagName(option)} ${value}`;
  }
}
