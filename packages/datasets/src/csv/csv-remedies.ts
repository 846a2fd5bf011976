import { type MessageParts, mention, type OptionMention } from "@pushforward/core/extend";

// What the reader of CSV files proposes, each as the options that do it.

/** A value is missing. */
export const missingRemedy: OptionMention = mention("missing", {
  value: "drop",
  sentence: (words) => ` Fill it in, or leave such rows out (${words}).`,
});

/** A number has a decimal comma. */
export const decimalRemedy: OptionMention = mention("decimal", {
  value: ",",
  words: 'say so (decimal: ",")',
  sentence: (words) => ` Write decimals with a point, or ${words}.`,
});

/** Bytes are no UTF-8. */
export const encodingRemedy: OptionMention = mention("encoding", {
  value: "windows-1252",
  words: 'say so (encoding: "windows-1252")',
  sentence: (words) => ` If it is Windows-1252 (Latin-1), ${words}.`,
});

/** A column of numbers holds a text. */
export const textRemedy: OptionMention = mention("kinds", {
  value: "text",
  words: 'say so (kinds: "text")',
  sentence: (words) => ` If the column holds text, ${words}.`,
});

/** A text, in quotes, may mark a missing value. */
export function markerRemedy(text: string): OptionMention {
  return mention("missingValues", {
    words: `say so (missingValues: [${text}])`,
    sentence: (words) => ` If ${text} marks a missing value, ${words}.`,
  });
}

/** The first line holds numbers. */
export const headerRemedies: MessageParts = [
  mention("header", {
    value: false,
    words: "say so (header: false)",
    sentence: (words) => ` If the file has no header, ${words};`,
  }),
  mention("header", {
    value: true,
    words: "say that (header: true)",
    sentence: (words) => ` if these are names, ${words}.`,
  }),
];
