/**
 * A library option named by an error, usually in a separate sentence with the remedy. A program with different names
 * for its options, such as flags or buttons, inserts its own words: see `PushforwardError.tell`.
 */
export interface OptionMention {
  readonly option: string;
  /** The value that the message proposes. */
  readonly value?: string | boolean;
  /** The text of the message about the option. */
  readonly words: string;
  /** This part of the message, with these or alternative words. */
  sentence(words: string): string;
}

/** A message as text and mentions of options, in order. */
export type MessageParts = readonly (string | OptionMention)[];

/** How a message names an option. */
export interface MentionOptions {
  /** The value that the message proposes. Default: none. */
  readonly value?: string | boolean;
  /** Default: `option: value`, or the option alone without a value. */
  readonly words?: string;
  /** The part of the message around the words. Default: the words alone. */
  readonly sentence?: (words: string) => string;
}

/**
 * A mention of an option, for the message of an error.
 *
 * @example
 * new OptionError(["read: expected a version, got none. Pass ", mention("version", { value: "1.4" }), "."]);
 */
export function mention(
  option: string,
  { value, words, sentence = (text) => text }: MentionOptions = {},
): OptionMention {
  const own = value === undefined ? option : `${option}: ${JSON.stringify(value)}`;
  return { option, words: words ?? own, sentence, ...(value !== undefined && { value }) };
}
